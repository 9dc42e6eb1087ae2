/** Counts what subscribers get, sees that it is all of it in order, and says which event has reached everybody. */

/** Events that may be on the way at a time, and more. */
const slots = 4096

export class Tally {
  /** Events times subscribers. */
  delivered = 0
  /** Events that everybody has. */
  completed = 0
  onCompleted: () => void = () => {}
  readonly #subscribers: number
  readonly #newest: Float64Array
  readonly #counts = new Uint32Array(slots)

  /** Each subscriber has everything up to and including `start`. */
  constructor(subscribers: number, start: number) {
    this.#subscribers = subscribers
    this.#newest = new Float64Array(subscribers).fill(start)
  }

  /** @throws Error when one is missing, comes again or too early */
  took(subscriber: number, sequence: number): void {
    const newest = this.#newest[subscriber] as number
    if (sequence !== newest + 1) throw new Error(`Subscriber ${subscriber} got ${sequence} after ${newest}.`)
    this.#newest[subscriber] = sequence
    this.delivered += 1
    const slot = sequence % slots
    const count = (this.#counts[slot] as number) + 1
    this.#counts[slot] = count % this.#subscribers
    if (count < this.#subscribers) return
    this.completed += 1
    this.onCompleted()
  }
}
