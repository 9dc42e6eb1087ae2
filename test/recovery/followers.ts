/** The six transports on which a client can follow a topic of a real server. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { LoggedEvent, Position, Start } from './copy.ts'
import { dial, type Kind, kinds } from './dial.ts'
import { createEventParser, eventOf, startOf } from './sse.ts'

/** One thing that a reader receives. */
export type Item = { begin: Start } | { leap: Start } | { receive: LoggedEvent }

/** One connection. Its items end, or throw, when it does. */
export interface Follower {
  items: AsyncIterable<Item>
  /** Records the read position. */
  ack(offset: number): void
  close(): void
}

export type Open = (url: string, topic: string, after: Position | null) => Promise<Follower>

const sessionWindow = 16

export const followers: Record<string, Open> = {
  sse: openStream,
  poll: openPolls,
  ...Object.fromEntries(kinds.map((kind) => [kind, openSession(kind)])),
}

function get(
  url: string,
  headers: Record<string, string>,
): { sent: ClientRequest; answered: Promise<IncomingMessage> } {
  const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = request(url, { agent: false, headers }, resolve)
  sent.on('error', reject)
  sent.end()
  return { sent, answered }
}

async function openStream(url: string, topic: string, after: Position | null): Promise<Follower> {
  const headers: Record<string, string> = { Accept: 'text/event-stream' }
  if (after) headers['Last-Event-ID'] = `${after.epoch}:${after.offset}`
  const { sent, answered } = get(`${url}/api/topics/${topic}/events`, headers)
  return { items: streamed(await answered), ack: () => {}, close: () => sent.destroy() }
}

async function* streamed(response: IncomingMessage): AsyncGenerator<Item> {
  const parse = createEventParser()
  let hasReportedGap = false
  for await (const chunk of response) {
    for (const { event, data } of parse(chunk as Buffer)) {
      if (event === 'message') yield { receive: eventOf(data) }
      else if (event === 'position') yield { begin: startOf(data) }
      else if (!hasReportedGap) yield { leap: startOf(data) }
      hasReportedGap = event === 'position' && !startOf(data).recovered
    }
  }
}

async function openPolls(url: string, topic: string, after: Position | null): Promise<Follower> {
  const state: { isClosed: boolean; sent: ClientRequest | null } = { isClosed: false, sent: null }
  async function poll(position: Position | null): Promise<{ status: number; body: PollResponse | null }> {
    const query = position ? `?after=${position.offset}&epoch=${position.epoch}&wait=25` : ''
    const { sent, answered } = get(`${url}/api/topics/${topic}/events${query}`, {})
    state.sent = sent
    const response = await answered
    const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>)
    const status = response.statusCode ?? 0
    return { status, body: status === 204 ? null : (JSON.parse(Buffer.concat(chunks).toString()) as PollResponse) }
  }
  async function* polled(): AsyncGenerator<Item> {
    let position = after
    if (position) yield { begin: { position, recovered: true } }
    while (!state.isClosed) {
      const { status, body } = await poll(position)
      if (status === 410 && body) yield { leap: { ...body, recovered: false } }
      if (status === 204) continue
      if (status !== 200 || body === null) return
      if (position === null) yield { begin: { position: body.position, recovered: true } }
      for (const event of body.data) yield { receive: eventOf(event) }
      position = body.position
    }
  }
  const close = () => {
    state.isClosed = true
    state.sent?.destroy()
  }
  return { items: polled(), ack: () => {}, close }
}

interface PollResponse {
  data: LoggedEvent[]
  position: Position
  reason?: string
}

interface SessionMessage {
  method?: string
  error?: unknown
  result?: Start
  params?: LoggedEvent & Start
}

function openSession(kind: Kind): Open {
  return async (url, topic, after) => {
    const client = dial<SessionMessage>(url, kind)
    const params = { topic, window: sessionWindow, ...(after && { after }) }
    client.send({ jsonrpc: '2.0', id: 1, method: 'subscribe', params })
    async function* itemsOf(): AsyncGenerator<Item> {
      for (;;) {
        const message = await client.next()
        if (message === null) return
        const { method, result, params: payload, error } = message
        if (error !== undefined || method === 'goaway') return
        if (method === 'event' && payload) yield { receive: eventOf(payload) }
        else if (method === 'gap' && payload) yield { leap: { ...payload, recovered: false } }
        else if (result) yield { begin: result }
      }
    }
    const ack = (offset: number) => {
      if (offset % (sessionWindow / 2) === 0) client.send({ jsonrpc: '2.0', method: 'ack', params: { topic, offset } })
    }
    return { items: itemsOf(), ack, close: () => client.close() }
  }
}
