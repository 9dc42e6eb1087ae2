/** Reconnects sockets to a topic and checks that each gets every event after its position. */

import { isResponse, numberAt, offsetIndex, openMessageConnection, type Position, textOf } from './message-client.ts'
import { topic } from './pub-sub-targets.ts'
import type { WebSocketClient } from './web-socket.ts'

export const sockets = 5000
const offsetAt = offsetIndex(topic)

export class Reconnects {
  readonly doneMs: number[] = []
  readonly #after: Position
  readonly #target: number
  readonly #offsets: Float64Array
  readonly #beginMs = performance.now()
  readonly #caughtUp = Promise.withResolvers<void>()
  #awaited = Number.POSITIVE_INFINITY
  #missing = sockets
  readonly #all = Promise.withResolvers<void>()

  constructor(after: Position, target: number) {
    this.#after = after
    this.#target = target
    this.#offsets = new Float64Array(sockets).fill(after.offset)
  }

  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise
  }

  async reconnect(port: number, index: number): Promise<WebSocketClient> {
    const client = await openMessageConnection(port, index)
    client.onMessage = (bytes, from, to) => {
      if (!isResponse(bytes, from)) this.#received(index, numberAt(bytes, from + offsetAt))
      else if (!bytes.toString('latin1', from, to).includes('"recovered":true')) {
        throw new Error(bytes.toString('utf8', from, to))
      }
    }
    client.send(textOf({ id: 1, method: 'subscribe', params: { topic, after: this.#after } }))
    return client
  }

  /** Waits until each has everything up to this. */
  async allAt(offset: number): Promise<void> {
    this.#awaited = offset
    this.#missing = this.#offsets.filter((reached) => reached < offset).length
    if (this.#missing > 0) await this.#all.promise
  }

  #received(index: number, offset: number): void {
    const newest = this.#offsets[index] as number
    if (offset !== newest + 1) throw new Error(`Socket ${index} got ${offset} after ${newest}.`)
    this.#offsets[index] = offset
    if (offset === this.#awaited) {
      this.#missing -= 1
      if (this.#missing === 0) this.#all.resolve()
    }
    if (offset !== this.#target) return
    this.doneMs.push(performance.now() - this.#beginMs)
    if (this.doneMs.length === sockets) this.#caughtUp.resolve()
  }
}
