/** Work that costs a millisecond of CPU: so many steps, measured at the start, and not a look at the clock, which would hide a busy machine. */

const stepsTried = 200_000
const tries = 40

/** Makes the function that costs so many milliseconds. */
export function createBurn(ms: number): () => number {
  let fastestMs = Number.POSITIVE_INFINITY
  for (let n = 0; n < tries; n++) {
    const startMs = performance.now()
    steps(stepsTried)
    fastestMs = Math.min(fastestMs, performance.now() - startMs)
  }
  const count = Math.round((stepsTried * ms) / fastestMs)
  return () => steps(count)
}

function steps(count: number): number {
  let state = 1
  for (let n = 0; n < count; n++) state = Math.imul(state ^ n, 0x85ebca6b)
  return state
}
