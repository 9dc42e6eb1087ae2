import type { Codec } from './codec.ts'
import type { FieldBlock } from './fields.ts'
import type { Framing } from './framing.ts'

/** Longer ones are not worth a comparison. */
const bytesMax = 2048
/** Up to here a loop compares faster than what a runtime has for it. */
const loopBytesMax = 128

/** The fields of a head and what they say. */
export interface Header {
  readonly fields: FieldBlock
  readonly framing: Framing
  /** What `Host` names, as URLs write it; null when there is none. */
  readonly origin: string | null
}

/**
 * The last header that came in one piece, because clients send the same one again and again, or one
 * that begins in the same way.
 */
export class HeaderCache {
  readonly #codec: Codec
  readonly #bytes = new Uint8Array(bytesMax)
  #length = 0
  #header: Header | null = null

  constructor(codec: Codec) {
    this.#codec = codec
  }

  /** The length of the remembered header. */
  get bytesLength(): number {
    return this.#length
  }

  /** The remembered header when its bytes lie here, all of them; null else. */
  match(bytes: Uint8Array, start: number, end: number): Header | null {
    const length = this.#length
    if (end - start < length) return null
    if (length > loopBytesMax) return this.#codec.startsAt(this.#bytes, length, bytes, start) ? this.#header : null
    return this.#sameBytes(bytes, start, end) === length ? this.#header : null
  }

  /** The fields of the remembered header that lie here, too, as whole lines: how many, and their length in bytes. */
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
