/**
 * Stores a time for each key in memory of fixed size: sets of eight slots, each with 64 bits of the key's hash and a time.
 * In a full set a new key replaces the earliest time, which loses the least. An attacker gains nothing by eviction: filling
 * a set costs more units than the evicted bucket had, and without the seeds nobody can tell which keys share a set.
 */

export interface BucketTableOptions {
  /** At least this many keys are kept at a time; a power of two, 8 or more. */
  slots?: number
  /** Two secret numbers of 32 bits. */
  seeds: readonly [number, number]
}

/**
 * 1 MiB. A slot is in use only until its bucket is full again, 5 ms after a single request at 200 a second; so what a
 * server can handle fills a few thousand, from however many addresses.
 */
export const slotsDefault = 65_536
const setSlots = 8

export class BucketTable {
  readonly #setMask: number
  readonly #seedA: number
  readonly #seedB: number
  /** Two for each slot. */
  readonly #prints: Int32Array
  readonly #fullAt: Float64Array

  constructor({ slots = slotsDefault, seeds }: BucketTableOptions) {
    if (slots < setSlots || (slots & (slots - 1)) !== 0)
      throw new RangeError('slots must be a power of two, 8 or more.')
    this.#setMask = slots / setSlots - 1
    this.#seedA = seeds[0] | 0
    this.#seedB = seeds[1] | 0
    this.#prints = new Int32Array(slots * 2)
    this.#fullAt = new Float64Array(slots).fill(-Infinity)
  }

  get bytes(): number {
    return this.#prints.byteLength + this.#fullAt.byteLength
  }

  /** The slot of a key; a new one has no time yet. */
  slotOf(key: string, nowMs: number): number {
    let a = this.#seedA ^ key.length
    let b = this.#seedB
    // Two characters at a time, because this is most of the cost of a rate limit.
    for (let index = 0; index < key.length; index += 2) {
      const pair = key.charCodeAt(index) | (index + 1 < key.length ? key.charCodeAt(index + 1) << 16 : 0)
      a = Math.imul(a ^ pair, 0x85ebca6b)
      a ^= a >>> 15
      b = Math.imul(b ^ pair, 0xc2b2ae35)
      b ^= b >>> 13
    }
    const first = (b & this.#setMask) * setSlots
    const prints = this.#prints
    for (let slot = first; slot < first + setSlots; slot += 1) {
      if (prints[slot * 2] === a && prints[slot * 2 + 1] === b) return slot
    }
    const slot = this.#leastIn(first, nowMs)
    prints[slot * 2] = a
    prints[slot * 2 + 1] = b
    this.#fullAt[slot] = -Infinity
    return slot
  }

  fullAt(slot: number): number {
    return this.#fullAt[slot] as number
  }

  setFullAt(slot: number, ms: number): void {
    this.#fullAt[slot] = ms
  }

  #leastIn(first: number, nowMs: number): number {
    let least = first
    for (let slot = first; slot < first + setSlots; slot += 1) {
      if (this.fullAt(slot) <= nowMs) return slot
      if (this.fullAt(slot) < this.fullAt(least)) least = slot
    }
    return least
  }
}
