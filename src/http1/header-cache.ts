import type { Codec } from './codec.ts'
import type { FieldBlock } from './fields.ts'
import type { Framing } from './framing.ts'

/** Longer headers are not cached. */
const bytesMax = 2048
/** Up to this length a loop compares faster than the runtime's own function. */
const loopBytesMax = 128

/** The fields of a head and their meaning. */
export interface Header {
  readonly fields: FieldBlock
  readonly framing: Framing
  /** The origin that `Host` names; null without `Host`. */
  readonly origin: string | null
}

/**
 * Caches the last header that came in one piece, because clients repeat the same one, or one with the same beginning.
 */
export class HeaderCache {
  readonly #codec: Codec
  readonly #bytes = new Uint8Array(bytesMax)
  #length = 0
  #header: Header | null = null

  constructor(codec: Codec) {
    this.#codec = codec
  }

  /** The length of the cached header. */
  get bytesLength(): number {
    return this.#length
  }

  /** Returns the cached header if the bytes begin with all of it; else null. */
  match(bytes: Uint8Array, start: number, end: number): Header | null {
    const length = this.#length
    if (end - start < length) return null
    if (length > loopBytesMax) return this.#codec.startsAt(this.#bytes, length, bytes, start) ? this.#header : null
    return this.#sameBytes(bytes, start, end) === length ? this.#header : null
  }

  /** Returns the fields of the cached header whose lines the bytes begin with: their number, and their length in bytes. */
  matchLines(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): { fields: FieldBlock; count: number; length: number } | null {
    if (this.#header === null) return null
    const { fields } = this.#header
    const { starts } = fields
    const same = this.#sameBytes(bytes, start, end)
    let count = 0
    while (count + 1 < starts.length && (starts[count + 1] as number) <= same) count += 1
    return count === 0 ? null : { fields, count, length: starts[count] as number }
  }

  keep(bytes: Uint8Array, start: number, end: number, header: Header): void {
    if (end - start > bytesMax) return
    this.#bytes.set(bytes.subarray(start, end))
    this.#length = end - start
    this.#header = header
  }

  #sameBytes(bytes: Uint8Array, start: number, end: number): number {
    const known = this.#bytes
    const length = Math.min(this.#length, end - start)
    let index = 0
    while (index < length && known[index] === bytes[start + index]) index += 1
    return index
  }
}
