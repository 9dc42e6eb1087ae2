/**
 * BenchmarkCase that costs a millisecond of CPU: so many rounds of a hash, measured at the start, and not a look at the clock, which
 * would hide a busy machine. In compiled code of the system, because a loop of our own costs three times as much
 * whenever the engine has thrown its fast form away.
 */
import { pbkdf2Sync } from 'node:crypto'

const roundsTried = 2000
const tries = 40

/** Makes the function that costs so many milliseconds. */
export function createBurn(ms: number): () => number {
  let fastestMs = Number.POSITIVE_INFINITY
  for (let n = 0; n < tries; n++) {
    const startMs = performance.now()
    hash(roundsTried)
    fastestMs = Math.min(fastestMs, performance.now() - startMs)
  }
  const rounds = Math.round((roundsTried * ms) / fastestMs)
  return () => hash(rounds)
}

function hash(rounds: number): number {
  return pbkdf2Sync('password', 'salt', rounds, 32, 'sha256')[0] ?? 0
}
