/** Work that grows faster than the input, and memory that grows at all. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { byteByByte, type Piece, parse, parserOptions, whole } from '../http1/parsing.ts'
import type { Coverage } from './coverage.ts'
import type { Random } from './random.ts'

const repeats = 200
/** Twice the bytes may take twice the steps, and a little for what is rounded. */
const ratioMax = 2.3

const roomy = {
  requestLineBytesMax: 2 ** 24,
  headerBytesMax: 2 ** 24,
  headerFieldsMax: 2 ** 24,
  trailerBytesMax: 2 ** 24,
  chunkExtensionBytesMax: 2 ** 24,
}

/** Repeats some bytes of an input very often, and counts the steps for them and for twice as many. */
export function checkLinear(input: Buffer, random: Random, coverage: Coverage): void {
  const start = random.below(input.length)
  const part = input.subarray(start, start + 1 + random.below(16))
  const longer = (times: number) =>
    Buffer.concat([input.subarray(0, start), ...Array.from({ length: times }, () => part), input.subarray(start)])
  for (const cut of [whole, byteByByte]) {
    const once = stepsOf(cut(longer(repeats)), coverage)
    const twice = stepsOf(cut(longer(2 * repeats)), coverage)
    if (twice > ratioMax * once) throw new Error(`twice the bytes take ${(twice / once).toFixed(1)} times the steps`)
  }
}

function stepsOf(pieces: readonly Piece[], coverage: Coverage): number {
  const options = parserOptions(roomy)
  coverage.take()
  parse(pieces, options)
  return coverage.take().steps
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The memory in use on the heap and beside it. Buffers are freed after the collection that finds them, hence two. */
export function liveBytes(): number {
  collectGarbage()
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
