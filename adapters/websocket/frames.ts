/** What a server sends on a WebSocket, as bytes to be written as they are: whole messages, unmasked (RFC 6455 §5.2). */

const finalText = 0x81
const finalBinary = 0x82
/** Longer payloads have their length in the 2 bytes, or the 8, after the second one. */
const shortBytesMax = 125
const mediumBytesMax = 0xffff

type Allocate = (bytes: number) => Buffer

/** @param allocate where from; `Buffer.allocUnsafeSlow` for what is kept for long, which would hold all of a pool */
export function frame(message: string | Uint8Array, allocate: Allocate = Buffer.allocUnsafe): Buffer {
  const isText = typeof message === 'string'
  const length = isText ? Buffer.byteLength(message) : message.byteLength
  const start = length <= shortBytesMax ? 2 : length <= mediumBytesMax ? 4 : 10
  const bytes = allocate(start + length)
  bytes[0] = isText ? finalText : finalBinary
  writeLength(bytes, length)
  if (isText) bytes.write(message, start)
  else bytes.set(message, start)
  return bytes
}

function writeLength(bytes: Buffer, length: number): void {
  if (length <= shortBytesMax) bytes[1] = length
  else if (length <= mediumBytesMax) {
    bytes[1] = 126
    bytes.writeUInt16BE(length, 2)
  } else {
    bytes[1] = 127
    bytes.writeBigUInt64BE(BigInt(length), 2)
  }
}
