/** Counts something for each client over all its connections. A client without a key is not counted. */
export class Quota {
  readonly #max: number
  readonly #taken = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Takes one more; false when the client has reached the limit. */
  take(key: string | null): boolean {
    if (key === null) return true
    const taken = this.#taken.get(key) ?? 0
    if (taken >= this.#max) return false
    this.#taken.set(key, taken + 1)
    return true
  }

  give(key: string | null): void {
    if (key === null) return
    const left = (this.#taken.get(key) ?? 0) - 1
    if (left > 0) this.#taken.set(key, left)
    else this.#taken.delete(key)
  }
}
