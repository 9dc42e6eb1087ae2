/** Bodies that both ends can make from the number of the request, so that nothing but a hash has to be kept. */
import { createHash } from 'node:crypto'
import { Random } from '../fuzz/random.ts'

const blockBytes = 2 ** 20
const partBytes = 64 * 1024
const block = makeBlock()

/** So many bytes, the same for the same number, in parts that are not to be changed. */
export function* contents(number: number, length: number): Generator<Buffer<ArrayBuffer>> {
  let at = (number * 4099) % blockBytes
  for (let left = length; left > 0; ) {
    const part = block.subarray(at, Math.min(at + partBytes, at + left, blockBytes))
    yield part
    left -= part.length
    at = (at + part.length) % blockBytes
  }
}

export function contentsWhole(number: number, length: number): Buffer<ArrayBuffer> {
  return Buffer.concat([...contents(number, length)])
}

/** Tells whether bytes that come one after the other are those of a number. */
export class Digest {
  bytes = 0
  readonly #hash = createHash('sha1')

  update(part: Uint8Array): void {
    this.bytes += part.byteLength
    this.#hash.update(part)
  }

  /** Length and hash; to be called once. */
  end(): string {
    return `${this.bytes}:${this.#hash.digest('hex')}`
  }
}

export function digestOf(number: number, length: number): string {
  const digest = new Digest()
  for (const part of contents(number, length)) digest.update(part)
  return digest.end()
}

function makeBlock(): Buffer<ArrayBuffer> {
  const random = new Random(1)
  return Buffer.from(Uint8Array.from({ length: blockBytes }, () => random.below(256)).buffer)
}
