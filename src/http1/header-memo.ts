import type { FieldBlock } from './fields.ts'
import type { Framing } from './framing.ts'

/** Longer ones are not worth a comparison. */
const bytesMax = 2048

/** The fields of a head and what they say of its framing. */
export interface Header {
  readonly fields: FieldBlock
  readonly framing: Framing
  /** What `Host` names, as URLs write it; null when there is none. */
  readonly origin: string | null
}

/** The last header that came in one piece, because clients send the same one again and again. */
export class HeaderMemo {
  readonly #bytes = new Uint8Array(bytesMax)
  #length = 0
  #header: Header | null = null

  /** The length of the remembered header. */
  get bytesLength(): number {
    return this.#length
  }

  /** The remembered header when its bytes lie here, all of them; null else. */
  match(bytes: Uint8Array, start: number, end: number): Header | null {
    const known = this.#bytes
    const length = this.#length
    if (end - start < length) return null
    for (let index = 0; index < length; index++) if (known[index] !== bytes[start + index]) return null
    return this.#header
  }

  keep(bytes: Uint8Array, start: number, end: number, header: Header): void {
    if (end - start > bytesMax) return
    this.#bytes.set(bytes.subarray(start, end))
    this.#length = end - start
    this.#header = header
  }
}
