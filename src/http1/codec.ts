/** Conversions between bytes and text. A runtime may have faster ones. */
export interface Codec {
  /** One character a byte (ISO 8859-1). */
  latin1(bytes: Uint8Array, start: number, end: number): string
  /** True if `bytes`, from `start` on, begin with the first bytes of `head`. */
  startsAt(head: Uint8Array, length: number, bytes: Uint8Array, start: number): boolean
  /** The number of bytes of a text in UTF-8. */
  utf8Length(text: string): number
}

const beyondAscii = /[^\0-\x7f]/

/** Conversions that work on every runtime. */
export const plainCodec: Codec = {
  latin1: (bytes, start, end) => String.fromCharCode(...bytes.subarray(start, end)),
  startsAt(head, length, bytes, start) {
    for (let index = 0; index < length; index++) if (head[index] !== bytes[start + index]) return false
    return true
  },
  utf8Length: (text) => (beyondAscii.test(text) ? new TextEncoder().encode(text).byteLength : text.length),
}

/** Returns a copy. `slice` of a class derived from Uint8Array, such as Node's Buffer, may share the memory. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
