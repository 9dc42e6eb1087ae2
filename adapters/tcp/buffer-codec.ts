import type { Codec } from '../../src/http1/codec.ts'

/** Conversions by Buffer, which are faster than those of the Web. */
export const bufferCodec: Codec = {
  latin1: (bytes, start, end) => Buffer.prototype.latin1Slice.call(bytes, start, end),
  startsAt: (head, length, bytes, start) =>
    Buffer.prototype.compare.call(bytes, head, 0, length, start, start + length) === 0,
  utf8Length: (text) => Buffer.byteLength(text),
}
