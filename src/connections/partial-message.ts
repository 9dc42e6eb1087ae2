import { FramingError } from './frames.ts'
import { messageBytesMax } from './limits.ts'

const startBytes = 1024

/** Buffers an incomplete message. Grows with the bytes received, never with the length announced. */
export class PartialMessage {
  #buffer: Uint8Array<ArrayBuffer> | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  /** @throws FramingError 1009 */
  add(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    const size = this.#size + bytes.byteLength
    if (size > messageBytesMax) throw tooLarge()
    const buffer = this.#room(size)
    buffer.set(bytes, this.#size)
    this.#size = size
  }

  /** Returns the buffered bytes and starts again empty. */
  take(): Uint8Array {
    const whole = this.#buffer?.subarray(0, this.#size) ?? new Uint8Array()
    this.#buffer = null
    this.#size = 0
    return whole
  }

  #room(size: number): Uint8Array<ArrayBuffer> {
    const held = this.#buffer
    if (held !== null && held.byteLength >= size) return held
    const larger = new Uint8Array(Math.max(size, 2 * (held?.byteLength ?? 0), startBytes))
    if (held !== null) larger.set(held.subarray(0, this.#size))
    this.#buffer = larger
    return larger
  }
}

export function tooLarge(): FramingError {
  return new FramingError(1009, `A message may be ${messageBytesMax} bytes at most.`)
}
