/**
 * Tells when a server has fallen behind, so that it refuses early what it could only answer late.
 *
 * Requests queue in the sockets of one turn of the event loop: what is ready when it looks is dealt with one after the
 * other, and what comes meanwhile waits for the next turn. So how long a turn has gone on is how long the request that is
 * looked at has waited at least. A timer of zero comes round once a turn and tells when the next one begins; without
 * requests there is none. As in CoDel (RFC 8289) a queue that passes is let be: only one that stands there, through more
 * than one turn and for an interval, makes the server refuse, and then it serves no more in a turn than leaves it quick.
 */

export interface OverloadOptions {
  /** Milliseconds, from a clock that goes on while a turn does. */
  now?(): number
  /** Calls back in the next turn. */
  defer?(task: () => void): void
}

/** A request that has waited this long is late. No turn of a healthy server takes as long, not with 1,000 busy clients. */
export const targetMs = 50
/** Requests must have been late for this long, as in CoDel, where it is about a round trip in the world. */
export const intervalMs = 100
/** While it refuses, a turn serves requests for so long: what is served waits for two turns at most. */
export const budgetMs = 10
/** Without a refusal for this long, all is well again. */
export const calmMs = 1000

export class Overload {
  readonly #now: () => number
  readonly #defer: (task: () => void) => void
  #isWatching = false
  /** Whether a request has come in this turn. */
  #isAsked = false
  #turn = 0
  #turnStartMs = 0
  /** Since when requests are late, and in which turn the first of them was. */
  #lateSinceMs = -Infinity
  #lateTurn = 0
  #lastLateMs = -Infinity
  #refusesUntilMs = -Infinity

  constructor({ now = () => performance.now(), defer = (task) => setTimeout(task, 0) }: OverloadOptions = {}) {
    this.#now = now
    this.#defer = defer
  }

  /**
   * Whether a request that is looked at now should be refused, because the server is behind. Every request asks, once.
   * @param nowMs the time, read after the request was
   */
  refuses(nowMs: number): boolean {
    this.#isAsked = true
    if (!this.#isWatching) this.#watch(nowMs)
    const lateMs = nowMs - this.#turnStartMs
    return lateMs >= budgetMs && this.#refusesLate(lateMs, nowMs)
  }

  #refusesLate(lateMs: number, nowMs: number): boolean {
    if (nowMs >= this.#refusesUntilMs && !(lateMs >= targetMs && this.#isStanding(nowMs))) return false
    this.#refusesUntilMs = nowMs + calmMs
    return true
  }

  /** Whether requests have been late for long. One turn is not enough: it may be a burst, or one slow request before. */
  #isStanding(nowMs: number): boolean {
    if (nowMs - this.#lastLateMs > intervalMs) {
      this.#lateSinceMs = nowMs
      this.#lateTurn = this.#turn
    }
    this.#lastLateMs = nowMs
    return nowMs - this.#lateSinceMs >= intervalMs && this.#turn !== this.#lateTurn
  }

  #watch(nowMs: number): void {
    this.#isWatching = true
    this.#turn += 1
    this.#turnStartMs = nowMs
    this.#defer(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#isWatching = false
    if (!this.#isAsked) return
    this.#isAsked = false
    this.#watch(this.#now())
  }
}
