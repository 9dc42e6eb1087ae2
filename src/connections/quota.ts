import type { ClientKeys } from '../limits/client-keys.ts'
import { widerShare } from '../request/client-network.ts'

/** Counts something for each client and the networks it is in, over all connections. A client without keys is not counted. */
export class Quota {
  readonly #max: number
  readonly #taken = new Map<string, number>()

  /** @param max of one client */
  constructor(max: number) {
    this.#max = max
  }

  /** Takes one more; false when the client, or a network that it is in, has reached its limit. */
  take(keys: ClientKeys): boolean {
    const isFull = keys.some((key, index) => (this.#taken.get(key) ?? 0) >= this.#max * widerShare ** index)
    if (isFull) return false
    for (const key of keys) this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1)
    return true
  }

  give(keys: ClientKeys): void {
    for (const key of keys) {
      const left = (this.#taken.get(key) ?? 0) - 1
      if (left > 0) this.#taken.set(key, left)
      else this.#taken.delete(key)
    }
  }
}
