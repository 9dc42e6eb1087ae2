import { Sweep } from '../sweep.ts'

/** A route must return its response by then; the body of the response may continue. */
export const handlerTimeoutMs = 30_000
const tickMs = 1000

export interface Deadlines {
  /**
   * Calls `late` once when the time is over, up to a second later. The function it returns ends the wait and reports
   * whether it was in time.
   */
  start(late: () => void): () => boolean
}

export function createDeadlines(timeoutMs = handlerTimeoutMs): Deadlines {
  const sweep = new Sweep<() => void>(tickMs, (late) => late())
  // One more, because the first tick may be cut short.
  const ticks = Math.ceil(timeoutMs / tickMs) + 1
  return {
    start(late) {
      sweep.add(late, ticks)
      return () => sweep.delete(late)
    },
  }
}
