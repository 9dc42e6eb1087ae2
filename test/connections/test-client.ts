import { cborFormat } from '../../src/connections/cbor-format.ts'
import type { Channel } from '../../src/connections/channel.ts'
import type { Connection } from '../../src/connections/connection.ts'
import {
  type Connections,
  type ConnectionsOptions,
  createConnections,
  type OpenOptions,
} from '../../src/connections/connections.ts'
import type { Format } from '../../src/connections/format.ts'
import { jsonFormat } from '../../src/connections/json-format.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import { createPresence } from '../../src/topics/presence.ts'
import { MemoryTopics } from './memory-topics.ts'

// biome-ignore lint/suspicious/noExplicitAny: a message has the shape that the test looks for
export type Message = Record<string, any>

/** The far end of a connection: keeps what was sent, as the client reads it. */
export class FakeChannel implements Channel {
  readonly format: Format
  readonly sent: Message[] = []
  readonly raw: (string | Uint8Array)[] = []
  isBlocked = false
  pings = 0
  end: { code: number; reason: string } | null = null
  #waiting: (() => void)[] = []

  constructor(format: Format = jsonFormat) {
    this.format = format
  }

  send(message: string | Uint8Array): void {
    if (this.end !== null) throw new Error('Something was sent after the end.')
    this.raw.push(message)
    this.sent.push(message === this.format.pong || message === jsonFormat.pong ? { pong: true } : this.#read(message))
    for (const each of this.#waiting.splice(0)) each()
  }

  sendEvents(events: readonly TopicEvent[]): void {
    for (const event of events) this.send(event.as(this.format.event))
  }

  ping(): void {
    this.pings += 1
  }

  close(code: number, reason: string): void {
    if (this.end !== null) throw new Error('It was closed twice.')
    this.end = { code, reason }
  }

  /** Resolves with the first message that matches, received or still to come. */
  async next(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.sent.find(fits)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  offsets(topic: string): number[] {
    return this.sent
      .filter(({ method, params }) => method === 'event' && params.topic === topic)
      .map(({ params }) => params.offset)
  }

  #read(message: string | Uint8Array): Message {
    return this.format.decode(message) as Message
  }
}

/** A client and its connection. */
export class TestClient {
  readonly channel: FakeChannel
  readonly connection: Connection
  #lastId = 0

  constructor(channel: FakeChannel, connection: Connection) {
    this.channel = channel
    this.connection = connection
  }

  say(message: object): void {
    const encoded = this.channel.format.encode(message)
    this.connection.charge(1, encoded.length)
    this.connection.receive(encoded)
  }

  notify(method: string, params?: unknown): void {
    this.say({ jsonrpc: '2.0', method, ...(params !== undefined && { params }) })
  }

  /** Sends a request and returns its id. */
  ask(method: string, params?: unknown): number {
    this.#lastId += 1
    this.say({ jsonrpc: '2.0', id: this.#lastId, method, ...(params !== undefined && { params }) })
    return this.#lastId
  }

  response(id: unknown): Promise<Message> {
    return this.channel.next((message) => message.id === id)
  }

  /** Sends a request and resolves with its response. */
  async call(method: string, params?: unknown): Promise<Message> {
    return await this.response(this.ask(method, params))
  }

  /** Waits until all pending work is done: another call was answered, and some turns of the loop have passed. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A server without a network. */
export function serve(options: Partial<ConnectionsOptions> & { format?: Format } = {}) {
  const { format = jsonFormat, ...given } = options
  const topics = new MemoryTopics('todos', 'chat')
  const presence = createPresence()
  const problems: unknown[] = []
  let count = 0
  const connections: Connections = createConnections({
    fetch: () => new Response(null, { status: 404 }),
    topics,
    presence,
    random: (bytes) => bytes.fill(++count),
    problem: (error) => problems.push(error),
    heartbeatMs: null,
    ...given,
  })
  const opening: OpenOptions = { authority: 'localhost:3000' }
  const open = (more: Partial<OpenOptions> & { format?: Format } = {}) => {
    const channel = new FakeChannel(more.format ?? format)
    return new TestClient(channel, connections.open(channel, null, { ...opening, ...more }))
  }
  const restore = async (state: unknown, more: Partial<OpenOptions> = {}) => {
    const channel = new FakeChannel(format)
    const kept = JSON.parse(JSON.stringify(state))
    return new TestClient(channel, await connections.restore(channel, null, kept, { ...opening, ...more }))
  }
  return { connections, topics, presence, problems, open, restore }
}

export const formats = [
  ['JSON', jsonFormat],
  ['CBOR', cborFormat],
] as const
