/** Counts deliveries and checks that each subscriber gets every event in order. */

/** More than the events in flight at a time. */
const slots = 4096

export class DeliveryCounter {
  /** Events times subscribers. */
  delivered = 0
  /** Events delivered to every subscriber. */
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
  received(subscriber: number, sequence: number): void {
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
