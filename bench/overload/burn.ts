/**
 * Costs a millisecond of CPU: rounds of a hash, calibrated at the start. A loop on the clock
 * would hide a busy machine. In compiled code of the system, because a loop of our own costs three times as much
 * whenever the engine has thrown its fast form away.
 */
import { pbkdf2Sync } from 'node:crypto'

const roundsTried = 2000
const tries = 40

/** Returns a function that costs this many milliseconds of CPU. */
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
