/**
 * Requests over real sockets, sent as they are written: `fetch` would normalize the target, refuse headers
 * such as Host and Origin, and undo compression silently.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as open } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Kind } from '../transports/clients.ts'

/** A row of any collection. */
export interface Row {
  id: string
  createdAt: string
  version: number
  [field: string]: unknown
}

/** The members of JSON bodies of the API; each response has some of them. */
export interface Body<Data> {
  data: Data
  status: number
  next: string | null
  count?: number
  error: string
  code: string
  requestId: string
  details?: { field: string; code: string; message: string }[]
}

export class Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer

  constructor({ statusCode = 0, headers }: IncomingMessage, bytes: Buffer) {
    this.status = statusCode
    this.headers = headers
    this.bytes = bytes
  }

  get text(): string {
    return this.bytes.toString()
  }

  body<Data = Row>(): Body<Data> {
    return JSON.parse(this.text) as Body<Data>
  }

  /** The row under `data`. */
  get row(): Row {
    return this.body().data
  }

  /** The rows under `data`. */
  get rows(): Row[] {
    return this.body<Row[]>().data
  }

  /** The names of the fields in an error. */
  get badFields(): string[] {
    return (this.body().details ?? []).map(({ field }) => field)
  }

  header(name: string): string {
    return String(this.headers[name] ?? '')
  }
}

/** The name of the session's cookie at an origin: browsers keep one set of cookies for all ports of a host. */
export function cookieNameAt(origin: string): string {
  const { port } = new URL(origin)
  return port === '' ? '__Host-galley' : `__Host-galley-${port}`
}

/** The number of responses of each status. */
export function tally(replies: readonly Reply[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

export interface SendOptions {
  headers?: Record<string, string>
  /** Text and bytes are sent unchanged, anything else as JSON. */
  body?: unknown
  /** Sends the body without its length. */
  chunked?: boolean
}

/** Sends a request such as `GET /api/todos` on a connection of its own. */
export type Send = (line: string, options?: SendOptions) => Promise<Reply>

/** The server under test. Its address is known once it has started. */
export interface Subject {
  send: Send
  origin(): string
  /** True if it listens itself, so that it is the one to check `Host` and raw targets. */
  ownsSocket: boolean
  /** False where an HTTP server that we can't change refuses requests before the app sees them. */
  ownsHttp?: boolean
  /** The transports of messages that it serves. */
  kinds: readonly Kind[]
}

/** Retries requests that a busy machine sheds, as a client would. */
export function createSend(origin: () => string): Send {
  return async (line, { headers = {}, body, chunked = false } = {}) => {
    const space = line.indexOf(' ')
    const bytes = bytesOf(body)
    const framing = bytes === null || chunked ? {} : { 'Content-Length': String(bytes.length) }
    for (;;) {
      const fields = { ...framing, ...headers }
      const reply = await exchange(origin(), line.slice(0, space), line.slice(space + 1), fields, bytes)
      if (reply.status !== 503 || !reply.text.includes('"code":"busy"')) return reply
    }
  }
}

function bytesOf(body: unknown): Buffer | null {
  if (body === undefined) return null
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

function exchange(
  origin: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  bytes: Buffer | null,
): Promise<Reply> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    let answered = false
    const request = open({ hostname, port, method, path, headers, agent: false }, (message) => {
      answered = true
      buffer(message).then((received) => resolve(new Reply(message, received)), reject)
    })
    // A server that refuses a body need not read the rest of it.
    request.on('error', (error) => answered || reject(error))
    if (bytes === null) request.end()
    else {
      request.write(bytes)
      request.end()
    }
  })
}
