import { AppError } from '../errors.ts'

/** Runs work one at a time for each key, in the order of the calls, and at once where none is running. */
export class KeyedQueue {
  /** The work that waits, for each key with running work. */
  readonly #waiting = new Map<string, (() => void)[]>()
  readonly #waitingMax: number

  constructor(waitingMax = Number.POSITIVE_INFINITY) {
    this.#waitingMax = waitingMax
  }

  /** The number of keys with running work. */
  get size(): number {
    return this.#waiting.size
  }

  /**
   * Work without a key ('') never waits.
   * @throws AppError `too_many_requests` when too much work of this key waits
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (key === '') return await work()
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) this.#waiting.set(key, [])
    else await this.#wait(waiting)
    try {
      return await work()
    } finally {
      // Passes the turn on directly, so that newer work can't overtake.
      const next = this.#waiting.get(key)?.shift()
      if (next) next()
      else this.#waiting.delete(key)
    }
  }

  #wait(waiting: (() => void)[]): Promise<void> {
    if (waiting.length < this.#waitingMax) return new Promise((resolve) => waiting.push(resolve))
    throw new AppError('too_many_requests', undefined, { headers: { 'Retry-After': '1' } })
  }
}
