/** Sends a request over any transport, and returns responses in one form. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Reply } from '../conformance/http.ts'
import { type Client, dial, type Kind, kinds, type Message, request } from '../transports/clients.ts'
import { type Asker, bearer, cookie } from './people.ts'
import type { World } from './world.ts'

/** `bearer` and `cookie` are HTTP; the others carry messages, after a `hello` with the token. */
export const requestTransports = ['bearer', 'cookie', ...kinds] as const
export type RequestTransport = (typeof requestTransports)[number]

export interface Question {
  line: string
  headers?: Record<string, string>
  body?: unknown
}

/** A response without the parts that vary between requests. */
export interface Observed {
  status: number
  body: unknown
  /** Headers that do not depend on the response. */
  headers: Record<string, unknown>
}

/** Returns whether the caller can use this transport: a key can't be a cookie. */
export function fits(transport: RequestTransport, { credential }: Asker): boolean {
  return transport !== 'cookie' || credential !== 'key'
}

/** Imports and exports are streams, which messages do not carry. */
export function transportsOf(route: string): readonly RequestTransport[] {
  return /\/(import|export)$/.test(route) ? ['bearer', 'cookie'] : requestTransports
}

const varying = new Set(['date', 'x-request-id', 'connection', 'keep-alive'])

export function observedReply({ status, headers, text }: Reply): Observed {
  const kept = Object.entries(headers).filter(([name]) => !varying.has(name))
  return { status, body: withoutRequestId(parsed(text)), headers: Object.fromEntries(kept) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function withoutRequestId(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('requestId' in body)) return body
  const { requestId: _, ...rest } = body
  return rest
}

/** The result of a `request`; results of other methods have no such members. */
interface Result {
  status?: number
  body?: unknown
  headers?: Record<string, unknown>
}

interface Failure {
  code: number
  message: string
  data?: Record<string, unknown>
}

/** The response of a message. */
export function observedMessage(message: Message): Observed {
  const { result, error } = message as unknown as { result?: Result; error?: Failure }
  if (result !== undefined) {
    const { status = 200, body = result, headers = {} } = result
    return { status, body: withoutRequestId(body), headers }
  }
  const { headers = {}, ...data } = error?.data ?? {}
  const body = withoutRequestId({ ...data, error: error?.message, status: error?.code })
  return { status: error?.code ?? 0, body, headers: headers as Record<string, unknown> }
}

/** Sends requests as any caller, on connections that it keeps open. */
export class Asking {
  readonly #world: World
  readonly #clients = new Map<string, Promise<Client>>()
  #lastId = 0

  constructor(world: World) {
    this.#world = world
  }

  async ask(transport: RequestTransport, asker: Asker, { line, headers = {}, body }: Question): Promise<Observed> {
    const given = body === undefined ? {} : { body }
    if (transport !== 'bearer' && transport !== 'cookie')
      return this.call(transport, asker, line, { headers, ...given })
    const shown = transport === 'bearer' ? bearer(asker) : cookie(asker, this.#world.url)
    return observedReply(await this.#world.send(line, { headers: { ...headers, ...shown }, ...given }))
  }

  async call(kind: Kind, asker: Asker, method: string, params: object): Promise<Observed> {
    const client = await this.client(kind, asker)
    this.#lastId += 1
    const id = this.#lastId
    client.send(request(id, method, params))
    for (;;) {
      const message = await client.next()
      if (message.id === id) return observedMessage(message)
      if (message.method === 'goaway') return { status: message.params.code, body: null, headers: {} }
    }
  }

  client(kind: Kind, asker: Asker): Promise<Client> {
    const name = `${kind} ${asker.token ?? ''}`
    const client = this.#clients.get(name) ?? connect(this.#world.url, kind, asker)
    this.#clients.set(name, client)
    return client
  }

  async end(): Promise<void> {
    for (const result of await Promise.allSettled(this.#clients.values()))
      if (result.status === 'fulfilled') result.value.end()
    this.#clients.clear()
  }
}

/** A connection that has signed in. */
export async function connect(url: string, kind: Kind, asker: Asker): Promise<Client> {
  const client = await dial(url, kind)
  const response = await hello(client, asker)
  if (response.error !== undefined) throw new Error(JSON.stringify(response.error))
  return client
}

export function hello(client: Client, { token }: Pick<Asker, 'token'>): Promise<Message> {
  return client.ask(request('hello', 'hello', token === null ? {} : { token }))
}

/** A WebSocket with these headers in its handshake; rejects with the status of a refusal. */
export async function dialWith(url: string, headers: Record<string, string>, path = '/api/connect'): Promise<Client> {
  const webSocket = new WebSocket(`${url.replace('http', 'ws')}${path}`, 'galley.v1.json', { headers })
  const messages: Message[] = []
  let wake = () => {}
  let isOver = false
  webSocket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as Message)
    wake()
  })
  const closed = new Promise<number>((resolve) => {
    webSocket.on('close', (code) => {
      isOver = true
      wake()
      resolve(code)
    })
  })
  await new Promise<void>((resolve, reject) => {
    webSocket.on('unexpected-response', (sent, { statusCode }) => {
      sent.destroy()
      reject(new Error(`It was refused with ${statusCode}.`))
    })
    webSocket.on('error', reject)
    once(webSocket, 'open').then(() => resolve(), reject)
  })
  const next = async (): Promise<Message> => {
    for (;;) {
      const message = messages.shift()
      if (message !== undefined) return message
      if (isOver) throw new Error('The connection is over.')
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const send = (message: object) => webSocket.send(JSON.stringify(message))
  return {
    send,
    sendRaw: (data) => webSocket.send(data),
    next,
    async ask(message) {
      send(message)
      for (;;) {
        const response = await next()
        if (response.id === (message as { id?: unknown }).id) return response
      }
    },
    closed,
    end: () => webSocket.close(),
  }
}
