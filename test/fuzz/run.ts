/** Ten million inputs for the parser: `npm run fuzz -- [--help]`. Ends with 1 when one of them is a finding. */
import { parseArgs } from 'node:util'
import { parserCases } from '../http1/parser-cases.ts'
import { readCorpus, writeFinding, writeKept } from './corpus.ts'
import { Coverage } from './coverage.ts'
import { Finding, Fuzzer } from './fuzzer.ts'
import { checkLinear, liveBytes } from './growth.ts'
import { Random } from './random.ts'
import { Watchdog } from './watchdog.ts'

const help = `npm run fuzz --
  --inputs N    how many inputs [10000000]
  --seconds N   stop after so long, whatever is left [no limit]
  --seed N      the same seed gives the same inputs [the time]
  --thorough N  one input in N comes byte by byte and is held against the reference [8]
  --keep        write the inputs that reached something new into fuzz/corpus
`

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '10000000' },
    seconds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    thorough: { type: 'string', default: '8' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const inputsMax = Number(values.inputs)
const reportMs = 10_000
/** The corpus and V8's own memory are far below. */
const growthBytesMax = 16 * 2 ** 20
const batchesPerWork = 5
const warmInputs = 200_000

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  Error.stackTraceLimit = 0
  const watchdog = new Watchdog(seed)
  const coverage = new Coverage()
  try {
    const written = readCorpus()
    const cases = Object.values(parserCases).flatMap((each) => each.map(({ bytes }) => Buffer.from(bytes, 'latin1')))
    const fuzzer = new Fuzzer({
      seed,
      corpus: [...cases, ...written],
      coverage,
      thoroughEvery: Number(values.thorough),
      onInput: (input) => watchdog.note(input),
    })
    const given = fuzzer.corpus.length
    run(fuzzer, coverage)
    if (values.keep) writeKept([...written, ...fuzzer.corpus.slice(given)])
  } catch (error) {
    report(error)
  }
  coverage.close()
  await watchdog.close()
}

function run(fuzzer: Fuzzer, coverage: Coverage): void {
  const start = performance.now()
  const random = new Random(seed + 2)
  let batches = 0
  let warmBytes = 0
  let reportedAt = start
  while (fuzzer.inputs < inputsMax && performance.now() - start < Number(values.seconds) * 1000) {
    fuzzer.runBatch(inputsMax - fuzzer.inputs)
    batches += 1
    if (batches % batchesPerWork === 0) checkWork(random.pick(fuzzer.corpus), random, coverage)
    if (warmBytes === 0 && fuzzer.inputs >= warmInputs) warmBytes = liveBytes()
    if (performance.now() - reportedAt > reportMs) {
      reportedAt = performance.now()
      print(fuzzer, coverage, start, warmBytes)
    }
  }
  const grownBytes = print(fuzzer, coverage, start, warmBytes)
  if (grownBytes > growthBytesMax) throw new Error(`${grownBytes} bytes more are alive than at the start.`)
}

function checkWork(input: Buffer, random: Random, coverage: Coverage): void {
  try {
    checkLinear(input, random, coverage)
  } catch (cause) {
    throw new Finding([input], cause)
  }
}

function print({ inputs, corpus, outcomes }: Fuzzer, { share }: Coverage, start: number, warmBytes: number): number {
  const seconds = (performance.now() - start) / 1000
  const grownBytes = warmBytes === 0 ? 0 : liveBytes() - warmBytes
  const parts = [
    `seed ${seed}`,
    `${inputs} inputs`,
    `${Math.round(inputs / seconds)} a second`,
    `corpus ${corpus.length}`,
    `${(100 * share).toFixed(1)} % of the code`,
    `${outcomes} kinds of outcomes`,
    `heap ${(grownBytes / 1024).toFixed(0)} KiB more`,
  ]
  process.stdout.write(`${parts.join(', ')}\n`)
  return grownBytes
}

function report(error: unknown): void {
  process.exitCode = 1
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`${message.slice(0, 4000)}\n`)
  if (error instanceof Finding) process.stderr.write(`Written to ${writeFinding(error.inputs, seed)}\n`)
}
