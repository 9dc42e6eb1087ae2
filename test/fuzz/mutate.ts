/** New inputs from old ones. */
import { assemble, lines, words } from './dictionary.ts'
import type { Random } from './random.ts'

export const inputBytesMax = 1024
const mutationsMax = 4

type Mutation = (bytes: Buffer, random: Random, corpus: readonly Buffer[]) => Buffer

const mutations: readonly Mutation[] = [
  flipBit,
  setByte,
  insertByte,
  insertWord,
  insertWord,
  insertLine,
  replaceLine,
  removeRange,
  removeRange,
  repeatRange,
  splice,
  append,
  changeDigit,
  swapCase,
]

/** One to four mutations of one of the corpus, or at times a request made up from scratch. */
export function mutate(random: Random, corpus: readonly Buffer[]): Buffer {
  let bytes = random.below(10) === 0 ? Buffer.from(assemble(random), 'latin1') : random.pick(corpus)
  for (let left = 1 + random.below(mutationsMax); left > 0; left--)
    bytes = random.pick(mutations)(bytes, random, corpus)
  return bytes.length > inputBytesMax ? bytes.subarray(0, inputBytesMax) : bytes
}

/** Replaces the bytes from `start` to `end` by `between`. */
function replaced(bytes: Buffer, start: number, end: number, between: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(bytes.length - (end - start) + between.length)
  bytes.copy(result, 0, 0, start)
  result.set(between, start)
  bytes.copy(result, start + between.length, end)
  return result
}

function insertedText(bytes: Buffer, offset: number, text: string): Buffer {
  return replaced(bytes, offset, offset, Buffer.from(text, 'latin1'))
}

function range(bytes: Buffer, random: Random, lengthMax: number): [start: number, end: number] {
  const start = random.below(bytes.length + 1)
  return [start, Math.min(bytes.length, start + 1 + random.below(lengthMax))]
}

function flipBit(bytes: Buffer, random: Random): Buffer {
  const offset = random.below(bytes.length)
  return replaced(
    bytes,
    offset,
    Math.min(bytes.length, offset + 1),
    Uint8Array.of((bytes[offset] ?? 0) ^ (1 << random.below(8))),
  )
}

function setByte(bytes: Buffer, random: Random): Buffer {
  const offset = random.below(bytes.length)
  return replaced(bytes, offset, Math.min(bytes.length, offset + 1), Uint8Array.of(random.below(256)))
}

function insertByte(bytes: Buffer, random: Random): Buffer {
  const offset = random.below(bytes.length + 1)
  return replaced(bytes, offset, offset, Uint8Array.of(random.below(256)))
}

function insertWord(bytes: Buffer, random: Random): Buffer {
  return insertedText(bytes, random.below(bytes.length + 1), random.pick(words))
}

/** The offset of a line, chosen by an offset in the line before it. */
function lineStart(bytes: Buffer, random: Random): number {
  const lineEnd = bytes.indexOf('\r\n', random.below(bytes.length + 1))
  return lineEnd === -1 ? 0 : lineEnd + 2
}

function insertLine(bytes: Buffer, random: Random): Buffer {
  return insertedText(bytes, lineStart(bytes, random), `${random.pick(lines)}\r\n`)
}

function replaceLine(bytes: Buffer, random: Random): Buffer {
  const start = lineStart(bytes, random)
  const end = bytes.indexOf('\r\n', start)
  return replaced(bytes, start, end === -1 ? bytes.length : end, Buffer.from(random.pick(lines), 'latin1'))
}

function removeRange(bytes: Buffer, random: Random): Buffer {
  const [start, end] = range(bytes, random, random.below(4) === 0 ? bytes.length : 4)
  return replaced(bytes, start, end, new Uint8Array(0))
}

function repeatRange(bytes: Buffer, random: Random): Buffer {
  const [start, end] = range(bytes, random, 32)
  const part = bytes.subarray(start, end)
  return replaced(bytes, end, end, Buffer.concat(Array.from({ length: 1 + random.below(16) }, () => part)))
}

/** The start of one and the end of another. */
function splice(bytes: Buffer, random: Random, corpus: readonly Buffer[]): Buffer {
  const other = random.pick(corpus)
  return replaced(bytes, random.below(bytes.length + 1), bytes.length, other.subarray(random.below(other.length + 1)))
}

/** Another one behind it: a pipeline. */
function append(bytes: Buffer, random: Random, corpus: readonly Buffer[]): Buffer {
  return Buffer.concat([bytes, random.pick(corpus)])
}

function changeDigit(bytes: Buffer, random: Random): Buffer {
  const from = random.below(bytes.length + 1)
  const offset = bytes.findIndex((byte, index) => index >= from && byte >= 0x30 && byte <= 0x39)
  return offset === -1 ? bytes : replaced(bytes, offset, offset + 1, Uint8Array.of(0x30 + random.below(10)))
}

function swapCase(bytes: Buffer, random: Random): Buffer {
  const from = random.below(bytes.length + 1)
  const offset = bytes.findIndex((byte, index) => index >= from && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a)
  return offset === -1 ? bytes : replaced(bytes, offset, offset + 1, Uint8Array.of((bytes[offset] ?? 0) ^ 0x20))
}
