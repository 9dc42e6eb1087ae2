/**
 * Frames CBOR messages in a byte stream: after a preface each message is a byte string with a four-byte length
 * (RFC 8949 §3.1, major type 2 and additional information 26), so that the stream is a CBOR sequence (RFC 8742).
 * Its first item is the first message under the tag 55799, which says that this is CBOR (§3.4.6).
 */
import { FrameCharges } from './frame-charges.ts'
import { type FrameReader, type FrameSink, FramingError } from './frames.ts'
import { messageBytesMax } from './limits.ts'
import { PartialMessage, tooLarge } from './partial-message.ts'

/** The first bytes of each direction. */
export const preface: Uint8Array = Uint8Array.of(0xd9, 0xd9, 0xf7)

const byteString = 0x5a
const headBytes = 5

/** Returns a message as a frame. */
export function frameBytes(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(headBytes + message.byteLength)
  frame[0] = byteString
  new DataView(frame.buffer).setUint32(1, message.byteLength)
  frame.set(message, headBytes)
  return frame
}

export class ByteReader implements FrameReader {
  readonly #sink: FrameSink
  readonly #charges: FrameCharges
  readonly #partial = new PartialMessage()
  #prefaceLeft = preface.byteLength
  /** Bytes of the frame's head received so far. */
  #headSize = 0
  #length = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
    this.#charges = new FrameCharges(sink)
  }

  get pendingBytes(): number {
    return this.#headSize + this.#partial.size
  }

  push(bytes: Uint8Array): void {
    this.#charges.begin(bytes.byteLength)
    for (let at = 0; at < bytes.byteLength; ) {
      if (this.#prefaceLeft > 0) this.#takePreface(bytes[at++] as number)
      else if (this.#headSize < headBytes) this.#takeHead(bytes[at++] as number)
      else at = this.#takePayload(bytes, at)
    }
    this.#charges.end()
  }

  discard(): void {
    this.#partial.take()
  }

  #takePreface(byte: number): void {
    if (byte !== preface[preface.byteLength - this.#prefaceLeft]) {
      throw new FramingError(1002, 'The connection must begin with the preface D9 D9 F7.')
    }
    this.#prefaceLeft -= 1
  }

  #takeHead(byte: number): void {
    if (this.#headSize === 0 && byte !== byteString) throw new FramingError(1002, 'A frame must begin with 5A.')
    // Multiplied, because a shift would turn the highest bit into a sign.
    this.#length = this.#headSize === 0 ? 0 : this.#length * 256 + byte
    this.#headSize += 1
    if (this.#headSize < headBytes) return
    if (this.#length > messageBytesMax) throw tooLarge()
    if (this.#length === 0) this.#give(new Uint8Array())
  }

  /** Reads the available bytes of a message and returns the index behind them. */
  #takePayload(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.byteLength, at + this.#length - this.#partial.size)
    const part = bytes.subarray(at, end)
    if (this.#partial.size + part.byteLength < this.#length) this.#partial.add(part)
    else if (this.#partial.size === 0) this.#give(part)
    else {
      this.#partial.add(part)
      this.#give(this.#partial.take())
    }
    return end
  }

  #give(message: Uint8Array): void {
    this.#headSize = 0
    this.#charges.frame()
    this.#sink.receive(message)
  }
}
