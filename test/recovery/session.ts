import assert from 'node:assert/strict'
import { cborFormat } from '../../src/connections/cbor-format.ts'
import type { Channel } from '../../src/connections/channel.ts'
import type { Connection as ServerConnection } from '../../src/connections/connection.ts'
import type { ConnectionState } from '../../src/connections/connection-state.ts'
import type { Encoded, Format } from '../../src/connections/format.ts'
import { jsonFormat } from '../../src/connections/json-format.ts'
import type { LoggedEvent, Position, Start } from './copy.ts'
import type { Connection, Reader, Way } from './reader.ts'
import type { SimulatedServer } from './simulated-server.ts'

/** The number of messages in transit beyond which a channel is blocked. */
const blockedAt = 8

interface Message {
  id?: number
  method?: string
  result?: Start
  error?: unknown
  params?: LoggedEvent & { topic: string; reason?: string; position: Position }
}

/** A connection whose other end takes messages one by one. */
class Pipe implements Channel {
  readonly format: Format
  readonly #sent: Encoded[] = []
  #arrival = Promise.withResolvers<void>()
  #isClosed = false

  constructor(format: Format) {
    this.format = format
  }

  get isBlocked(): boolean {
    return this.#sent.length > blockedAt
  }

  send(message: Encoded): void {
    assert.ok(!this.#isClosed, 'something was sent after the end')
    this.#sent.push(message)
    this.#arrival.resolve()
  }

  sendEvents(events: Parameters<Channel['sendEvents']>[0]): void {
    for (const event of events) this.send(event.as(this.format.event))
  }

  ping(): void {
    this.send(this.format.ping)
  }

  close(): void {
    this.#isClosed = true
    this.#arrival.resolve()
  }

  /** The next message; null at the end. */
  async next(): Promise<Message | null> {
    while (this.#sent.length === 0) {
      if (this.#isClosed) return null
      this.#arrival = Promise.withResolvers()
      await this.#arrival.promise
    }
    return this.format.decode(this.#sent.shift() as Encoded) as Message
  }
}

const options = { authority: 'localhost' }

/** A connection, and the state that survives the loss of the server's memory. */
class Kept {
  readonly pipe: Pipe
  readonly #server: SimulatedServer
  #session: ServerConnection | null = null
  #state: ConnectionState | null = null
  readonly #onChange = () => {
    if (this.#session) this.#state = JSON.parse(JSON.stringify(this.#session.state())) as ConnectionState
  }

  constructor(pipe: Pipe, server: SimulatedServer) {
    this.pipe = pipe
    this.#server = server
    this.#session = server.app?.connections.open(pipe, null, { ...options, onChange: this.#onChange }) ?? null
  }

  async wake(): Promise<void> {
    const state = this.#state
    this.#session = null
    if (state === null) return this.pipe.close()
    const restoring = this.#server.app?.connections.restore(this.pipe, null, state, {
      ...options,
      onChange: this.#onChange,
    })
    this.#session = (await restoring) ?? null
    // While it was restored no client could reach it.
    this.#onChange()
  }

  say(message: object): void {
    this.#session?.receive(this.pipe.format.encode({ jsonrpc: '2.0', ...message }))
  }

  drained(): void {
    this.#session?.drained()
  }

  close(): void {
    this.#session?.closed()
  }
}

/** Follows over a message connection, with a window so small that it fills repeatedly. */
function followBySession(format: Format): Way {
  return async (reader, connection) => {
    const { copy } = reader
    const pipe = new Pipe(format)
    const session = new Kept(pipe, reader.server)
    connection.onEnd(() => session.close())
    connection.onEvict(() => session.wake())
    const window = 2 + ((copy.position?.offset ?? 0) % 9)
    const params = { topic: copy.topic, window, ...(copy.position && { after: copy.position }) }
    session.say({ id: 1, method: 'subscribe', params })
    let unacknowledged = 0
    for (;;) {
      await connection.ready()
      const wasBlocked = pipe.isBlocked
      const message = await pipe.next()
      if (connection.isOver || message === null) return
      if (wasBlocked && !pipe.isBlocked) session.drained()
      if (message.method === 'ping') session.say({ method: 'pong' })
      if (message.method === 'event') unacknowledged += 1
      assert.ok(unacknowledged <= window, 'more than the window')
      if (!(await take(reader, connection, message))) return session.close()
      if (unacknowledged * 2 < window) continue
      unacknowledged = 0
      session.say({ method: 'ack', params: { topic: copy.topic, offset: message.params?.offset } })
    }
  }
}

/** Returns whether the connection can continue. */
async function take(reader: Reader, connection: Connection, message: Message): Promise<boolean> {
  const { copy } = reader
  const { method, result, params } = message
  if (method === 'event' && params) {
    assert.equal(params.topic, copy.topic)
    copy.receive({ offset: params.offset, type: params.type, data: params.data })
  } else if (method === 'gap' && params) {
    const start = { position: params.position, recovered: false, reason: params.reason }
    copy.leap(start)
    return reader.recover(connection, start)
  } else if (result) {
    copy.begin(result)
    return result.recovered || reader.recover(connection, result)
  }
  return message.error === undefined && method !== 'goaway'
}

export const followByJsonSession = followBySession(jsonFormat)
export const followByCborSession = followBySession(cborFormat)
