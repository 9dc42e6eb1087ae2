/** A route must have answered by then, be it with a stream that goes on. */
export const handlerTimeoutMs = 30_000
/** How often late ones are looked for. */
const sweepMs = 1000

export interface Deadlines {
  /** Calls `late` once when the time is over, unless the function it returns was called before; that one tells whether it was in time. */
  start(late: () => void): () => boolean
}

/** One timer for all that wait: one for each would cost as much as a small request. */
export function createDeadlines(timeoutMs = handlerTimeoutMs): Deadlines {
  const waiting = new Map<() => void, number>()
  let isSweeping = false

  function sweep(): void {
    const ms = performance.now()
    for (const [late, dueMs] of waiting) {
      if (dueMs > ms) break
      waiting.delete(late)
      late()
    }
    isSweeping = waiting.size > 0
    if (isSweeping) setTimeout(sweep, sweepMs)
  }

  return {
    start(late) {
      waiting.set(late, performance.now() + timeoutMs)
      if (!isSweeping) setTimeout(sweep, sweepMs)
      isSweeping = true
      return () => waiting.delete(late)
    },
  }
}
