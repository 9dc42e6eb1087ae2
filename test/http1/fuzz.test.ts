/** A short run of the fuzzer; `npm run fuzz` is the long one. */
import { expect, test } from 'vitest'
import { readCorpus } from '../fuzz/corpus.ts'
import { Fuzzer } from '../fuzz/fuzzer.ts'
import { Oracles } from '../fuzz/oracles.ts'
import { Random } from '../fuzz/random.ts'
import { rounds } from '../harness/sample.ts'
import { parserCases } from './parser-cases.ts'

const cases = Object.values(parserCases).flatMap((each) => each.map(({ bytes }) => Buffer.from(bytes, 'latin1')))

test('all inputs that were kept pass every check', () => {
  const oracles = new Oracles(new Random(1))
  const kept = readCorpus()
  expect(kept.length).toBeGreaterThan(0)
  for (const input of kept) oracles.check(input, true)
})

const inputsMax = rounds({ sampled: 5_000, full: 20_000 })

test(`${inputsMax} new ones are parsed the same in any pieces, and as the reference parses them`, () => {
  const fuzzer = new Fuzzer({ seed: 20_260, corpus: [...cases, ...readCorpus()], coverage: null, thoroughEvery: 4 })
  while (fuzzer.inputs < inputsMax) fuzzer.runBatch()
  expect(fuzzer.inputs).toBeGreaterThanOrEqual(inputsMax)
})
