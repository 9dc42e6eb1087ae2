/**
 * Tells when a server has fallen behind, so that it refuses early what it could only answer late.
 *
 * Requests queue in the sockets of one turn of the event loop: what is ready when it looks is dealt with one after the
 * other, and what comes meanwhile waits for the next turn. So how long a turn has gone on is how long the request that is
 * looked at has waited at least. A timer of zero comes round once a turn and tells when the next one begins; without
 * requests there is none. As in CoDel (RFC 8289) a queue that passes is let be: only when requests have been late for an
 * interval does the server refuse, and then it serves no more in a turn than leaves it quick.
 */

export interface OverloadOptions {
  /** Milliseconds, from a clock that goes on while a turn does. */
  now?(): number
  /** Calls back in the next turn. */
  defer?(task: () => void): void
}

/** A request that has waited this long is late. No turn of a healthy server takes as long, not with 1,000 busy clients. */
export const targetMs = 50
/** Requests must have been late for this long, as in CoDel; with the time before they are, a burst of 150 ms is served whole. */
export const intervalMs = 100
/**
 * While it refuses, a turn serves requests for so long: what is served waits for two turns at most. It is more, up to
 * `targetMs`, where the server has nothing to do between turns, so that requests that come in bursts find all of it.
 */
export const budgetMs = 10
/** How much of a larger budget is left after a turn that came right after another. */
const budgetLeft = 0.75
/** Without a refusal for this long, all is well again. */
export const calmMs = 1000
/** So many requests are never refused: code that has just started is slow until it is compiled. */
export const warmUpRequests = 2000

export class Overload {
  readonly #now: () => number
  readonly #defer: (task: () => void) => void
  #isWatching = false
  /** Whether a request has come in this turn. */
  #isAsked = false
  #turnStartMs = 0
  #turnEndMs = -Infinity
  #turnBudgetMs = budgetMs
  /** Whether the turn came right after another that had requests. */
  #isAfterTurn = false
  #warmUpLeft = warmUpRequests
  /** Since when requests are late, and when the last of them was. */
  #lateSinceMs = -Infinity
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
    if (this.#warmUpLeft > 0) this.#warmUpLeft -= 1
    if (!this.#isWatching) this.#beginAfterPause(nowMs)
    const lateMs = nowMs - this.#turnStartMs
    return lateMs >= this.#turnBudgetMs && this.#refusesLate(lateMs, nowMs)
  }

  #refusesLate(lateMs: number, nowMs: number): boolean {
    if (this.#warmUpLeft > 0) return false
    if (nowMs >= this.#refusesUntilMs && !(lateMs >= targetMs && this.#isStanding(nowMs))) return false
    this.#refusesUntilMs = nowMs + calmMs
    return true
  }

  /** Whether requests have been late for long: not just after one slow request, nor in a burst. */
  #isStanding(nowMs: number): boolean {
    if (nowMs - this.#lastLateMs > intervalMs) this.#lateSinceMs = nowMs
    this.#lastLateMs = nowMs
    return nowMs - this.#lateSinceMs >= intervalMs
  }

  #beginAfterPause(nowMs: number): void {
    this.#turnBudgetMs = Math.min(this.#turnBudgetMs + nowMs - this.#turnEndMs, targetMs)
    this.#isAfterTurn = false
    this.#begin(nowMs)
  }

  #begin(nowMs: number): void {
    this.#isWatching = true
    this.#turnStartMs = nowMs
    this.#defer(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#isWatching = false
    if (!this.#isAsked) return
    this.#isAsked = false
    this.#turnEndMs = this.#now()
    if (this.#isAfterTurn) this.#turnBudgetMs = Math.max(this.#turnBudgetMs * budgetLeft, budgetMs)
    this.#isAfterTurn = true
    this.#begin(this.#turnEndMs)
  }
}
