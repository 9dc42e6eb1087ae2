/**
 * Long tests run a sample in `npm test` and everything in `npm run test:long`, which runs the test files that import
 * this module (see vitest.config.ts). A sample covers every group of cases; only the number of repetitions shrinks.
 */
import process from 'node:process'

/** Set by `npm run test:long`. */
export const isFullRun = process.env.TEST_RUN === 'full'

/** Returns the number of repetitions of this run. */
export function rounds({ sampled, full }: { sampled: number; full: number }): number {
  return isFullRun ? full : sampled
}

/** Returns every `step`th case, evenly spread and the first one always, or all of them in the full run. */
export function sample<Case>(cases: readonly Case[], step: number): Case[] {
  return cases.filter((_, index) => isFullRun || index % step === 0)
}
