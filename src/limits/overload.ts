/**
 * Detects that a server has fallen behind, so that it refuses early the requests that it could only answer late.
 *
 * Requests queue in the sockets for a turn of the event loop: those that are ready at its start are handled one after
 * the other, those that arrive meanwhile wait for the next turn. So the age of a turn is the least time that the request
 * at hand has waited. A timer of zero runs once a turn and marks the start of the next; without requests there is none.
 * As in CoDel (RFC 8289) a short queue is tolerated: the server refuses once requests have been late for an interval,
 * and then serves so little in a turn that it stays quick.
 *
 * Clients that are near their rate limit are refused first. Time is counted to the request that took it, so that others
 * are refused only when they alone fill a turn.
 */

export interface OverloadOptions {
  /** Milliseconds, from a clock that advances during a turn. */
  now?(): number
  /** Calls back in the next turn. */
  defer?(task: () => void): void
}

/** A request that has waited this long is late. No turn of a healthy server takes as long, not with 1,000 busy clients. */
const targetMs = 50
/** Requests must have been late for this long, as in CoDel; together with `targetMs` a burst of 150 ms is served whole. */
const intervalMs = 100
/**
 * A turn serves requests for this long while the server refuses, so a served request waits for two turns at most. The
 * budget grows up to `targetMs` while the server is idle, so that bursts can use all of it.
 */
const budgetMs = 10
/** The share of a larger budget that is left after a turn that followed another at once. */
const budgetLeft = 0.75
/** The overload is over after this long without a refusal. */
const calmMs = 1000
/** The first requests are never refused: code is slow until it is compiled. */
export const warmUpRequests = 2000

/** The clients that are refused: those near their rate limit, or all. */
export type Shedding = 'none' | 'heavy' | 'all'

export class Overload {
  readonly #now: () => number
  readonly #defer: (task: () => void) => void
  #isWatching = false
  /** True if a request has arrived in this turn. */
  #isAsked = false
  #turnStartMs = 0
  #turnEndMs = -Infinity
  /** The time of this turn that was not spent on heavy clients, up to the last request. */
  #othersMs = 0
  #lastMs = 0
  /** True if the last request was of a heavy client. */
  #isLastHeavy = false
  #turnBudgetMs = budgetMs
  /** True if the turn followed another with requests at once. */
  #isAfterTurn = false
  #warmUpLeft = warmUpRequests
  /** The first and the last of a series of late requests. */
  #lateSinceMs = -Infinity
  #lastLateMs = -Infinity
  #refusesUntilMs = -Infinity

  constructor({ now = () => performance.now(), defer = (task) => setTimeout(task, 0) }: OverloadOptions = {}) {
    this.#now = now
    this.#defer = defer
  }

  /** Tells whether the last request was of a client that is near its rate limit. */
  note(isHeavy: boolean): void {
    this.#isLastHeavy = isHeavy
  }

  /**
   * Returns which clients should be refused now. Call it once for each request.
   * @param nowMs the time, read after the request
   */
  sheds(nowMs: number): Shedding {
    if (!this.#isLate(nowMs)) return 'none'
    return this.#othersMs >= this.#turnBudgetMs ? 'all' : 'heavy'
  }

  #isLate(nowMs: number): boolean {
    this.#isAsked = true
    if (this.#warmUpLeft > 0) this.#warmUpLeft -= 1
    if (!this.#isWatching) this.#beginAfterPause(nowMs)
    if (!this.#isLastHeavy) this.#othersMs += nowMs - this.#lastMs
    this.#lastMs = nowMs
    const lateMs = nowMs - this.#turnStartMs
    return lateMs >= this.#turnBudgetMs && this.#refusesLate(lateMs, nowMs)
  }

  #refusesLate(lateMs: number, nowMs: number): boolean {
    if (this.#warmUpLeft > 0) return false
    if (nowMs >= this.#refusesUntilMs && !(lateMs >= targetMs && this.#isStanding(nowMs))) return false
    this.#refusesUntilMs = nowMs + calmMs
    return true
  }

  /** True if requests have been late for an interval: not just after one slow request, nor in a burst. */
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
    this.#lastMs = nowMs
    this.#othersMs = 0
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
