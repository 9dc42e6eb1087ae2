/** The frames that a server sends on a WebSocket: whole and unmasked (RFC 6455 §5.2). */

const finalText = 0x81
const finalBinary = 0x82
const finalClose = 0x88
const finalPing = 0x89
const finalPong = 0x8a
/** Longer payloads have their length in the 2 or 8 bytes after the second one. */
const shortBytesMax = 125
const mediumBytesMax = 0xffff
const closeCodeBytes = 2

type Allocate = (bytes: number) => Buffer

/** @param allocate `Buffer.allocUnsafeSlow` for bytes that are kept for long, which must not hold all of a pool */
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

export const pingFrame: Buffer = Buffer.of(finalPing, 0)

export function pongFrame(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(finalPong, payload.byteLength), payload])
}

/** @param code null for a close without a code */
export function closeFrame(code: number | null, reason = ''): Buffer {
  if (code === null) return Buffer.of(finalClose, 0)
  const text = Buffer.from(reason).subarray(0, shortBytesMax - closeCodeBytes)
  return Buffer.concat([Buffer.of(finalClose, closeCodeBytes + text.length, code >> 8, code & 0xff), text])
}
