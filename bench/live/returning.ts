/** Sockets that come back to a topic, and whether each of them gets everything after its position. */
import { topic } from './arenas.ts'
import { isAnswer, numberAt, offsetPlace, openSession, type Position, textOf } from './session.ts'
import type { WebSocketClient } from './web-socket.ts'

export const sockets = 5000
const place = offsetPlace(topic)

export class Returning {
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

  async bringBack(port: number, index: number): Promise<WebSocketClient> {
    const client = await openSession(port, index)
    client.onMessage = (bytes, from, to) => {
      if (!isAnswer(bytes, from)) this.#took(index, numberAt(bytes, from + place))
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

  #took(index: number, offset: number): void {
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
