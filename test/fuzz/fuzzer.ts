/**
 * Mutates a corpus, checks every input, and keeps those that reach something new: a block of the parser
 * that never ran, or an outcome of a new kind. Coverage is asked for once a batch; a batch
 * that has something new is run again in halves until the inputs that brought it are found.
 */
import type { Seen } from '../http1/parsing.ts'
import type { Coverage } from './coverage.ts'
import { inputBytesMax, mutate } from './mutate.ts'
import { Oracles } from './oracles.ts'
import { Random } from './random.ts'

/** Asking for coverage costs about as much as a thousand inputs. */
const batchInputs = 10_000

export interface FuzzerOptions {
  seed: number
  corpus: readonly Buffer[]
  /** Null for outcomes alone. */
  coverage: Coverage | null
  /** One input in so many is parsed byte by byte and compared with the reference. */
  thoroughEvery: number
  /** Called before every input. */
  onInput?: (bytes: Buffer) => void
}

interface Trial {
  input: Buffer
  isThorough: boolean
}

/** An input, and those just before it, because parsers share a cache. */
export class Finding extends Error {
  override readonly name = 'Finding'
  readonly inputs: readonly Buffer[]

  constructor(inputs: readonly Buffer[], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.inputs = inputs
  }
}

export class Fuzzer {
  readonly corpus: Buffer[]
  inputs = 0
  readonly #options: FuzzerOptions
  readonly #random: Random
  readonly #oracles: Oracles
  readonly #outcomes = new Set<string>()

  constructor(options: FuzzerOptions) {
    this.#options = options
    this.#random = new Random(options.seed)
    this.#oracles = new Oracles(new Random(options.seed + 1))
    this.corpus = options.corpus.filter(({ length }) => length <= inputBytesMax)
    for (const input of this.corpus) this.#check(input, true, [])
    options.coverage?.take()
    options.coverage?.keep()
  }

  get outcomes(): number {
    return this.#outcomes.size
  }

  /** @throws Finding */
  runBatch(inputsMax: number = batchInputs): void {
    const batch: Trial[] = []
    for (let index = 0; index < Math.min(batchInputs, inputsMax); index++) {
      const input = mutate(this.#random, this.corpus)
      this.inputs += 1
      const isThorough = this.inputs % this.#options.thoroughEvery === 0
      if (this.#check(input, isThorough, batch)) this.corpus.push(ownCopy(input))
      batch.push({ input, isThorough })
    }
    const { coverage } = this.#options
    if (coverage?.take().isFresh) this.#findFresh(batch, coverage)
  }

  /** True when its outcome is of a new kind. */
  #check(input: Buffer, isThorough: boolean, before: readonly Trial[]): boolean {
    this.#options.onInput?.(input)
    try {
      const kind = kindOf(this.#oracles.check(input, isThorough))
      if (this.#outcomes.has(kind)) return false
      this.#outcomes.add(kind)
      if (!isThorough) this.#oracles.check(input, true)
      return true
    } catch (cause) {
      throw new Finding([...before.slice(-3).map((trial) => trial.input), input], cause)
    }
  }

  #findFresh(batch: readonly Trial[], coverage: Coverage): void {
    coverage.take()
    for (const { input, isThorough } of batch) this.#check(input, isThorough, [])
    if (!coverage.take().isFresh) return
    if (batch.length === 1) {
      coverage.keep()
      this.corpus.push(...batch.map(({ input }) => ownCopy(input)))
      return
    }
    this.#findFresh(batch.slice(0, batch.length / 2), coverage)
    this.#findFresh(batch.slice(batch.length / 2), coverage)
  }
}

/** Small Buffers are slices of larger ones, which they would keep alive. */
function ownCopy(input: Buffer): Buffer {
  return Buffer.from(Uint8Array.from(input).buffer)
}

/** Some reasons start with a method. */
function kindOf({ requests, reason: text }: Seen): string {
  const reason = text.replace(/^\S+ /, '')
  const last = requests.at(-1)
  if (last === undefined) return reason
  const { framing, target, minorVersion, isWhole } = last
  return [
    reason,
    Math.min(3, requests.length),
    target === null,
    minorVersion,
    isWhole,
    Math.sign(framing.contentLength),
  ].join()
}
