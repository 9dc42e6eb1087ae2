/** Calls back at a time, for work that runs outside of requests. */
export interface Scheduler {
  /**
   * Calls the listener at that time, in milliseconds since 1970, or soon after. Of several times the earliest counts; a call may
   * come without one. A runtime that stops an idle server starts it for the call.
   */
  wakeAt(atMs: number): void
  /** Sets the one listener. */
  listen(callback: () => Promise<void>): void
  /** Ends the calls. */
  close(): void
}

/** So long a timer runs at most, because the clock may be set meanwhile. */
const timerMsMax = 30_000

/** The scheduler of a process: one timer. */
export function createTimerScheduler(now: () => number): Scheduler {
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueMs = Number.POSITIVE_INFINITY
  let call: () => Promise<void> = async () => {}
  let isClosed = false

  function plan(): void {
    clearTimeout(timer)
    if (isClosed || dueMs === Number.POSITIVE_INFINITY) return
    timer = setTimeout(turn, Math.min(Math.max(dueMs - now(), 0), timerMsMax))
  }

  function turn(): void {
    if (now() < dueMs) plan()
    else {
      dueMs = Number.POSITIVE_INFINITY
      void call()
    }
  }

  return {
    wakeAt(atMs) {
      if (atMs >= dueMs) return
      dueMs = atMs
      plan()
    },
    listen(callback) {
      call = callback
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
