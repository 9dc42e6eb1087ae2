/**
 * How long a connection waits, and for what. No timer belongs to a connection: a server asks all of them again and again
 * (every half second, say), and nothing is cut before its time.
 */
import type { Limits } from './limits.ts'
import { Refusal } from './refusal.ts'

/** What a connection is at. */
export interface Activity {
  doing: 'lingering' | 'body' | 'answering' | 'head' | 'idle'
  /** Whether nothing is read from the peer, because enough waits to be handled. */
  isPaused: boolean
  /** Whether bytes of the peer are wanted. */
  isReading: boolean
  /** Whether the peer has sent its end. */
  hasEnded: boolean
  /** Whether something is sent that has not been taken, and how many bytes have been taken in all. */
  isPending: boolean
  takenBytes: number
  /** Of the request's body so far: what has come, and what the handler has taken of it. */
  bodyBytes: number
  deliveredBytes: number
  /** Of a streamed answer so far. */
  streamedBytes: number
}

/** What is to be done: nothing, an orderly end, letting go, breaking off, or an answer that says why. */
export type TimeoutAction = 'wait' | 'end' | 'destroy' | 'reset' | Refusal

export class TimeoutPolicy {
  readonly #limits: Limits
  /** When something came or began. */
  #sinceMs: number
  /** When the head began that is still to come; 0 for none. */
  #headSinceMs: number
  #bodyMs = 0
  #stuckSinceMs: number
  #takenBytes = 0
  #standingSinceMs: number
  #movedBytes = 0
  #streamedBytes = 0

  /** A new connection owes a head at once. */
  constructor(limits: Limits, nowMs: number) {
    this.#limits = limits
    this.#sinceMs = nowMs
    this.#headSinceMs = nowMs
    this.#stuckSinceMs = nowMs
    this.#standingSinceMs = nowMs
  }

  /** Something has come or begun. */
  touch(nowMs: number): void {
    this.#sinceMs = nowMs
  }

  /** A head has come; its body begins. */
  beginRequest(): void {
    this.#headSinceMs = 0
    this.#bodyMs = 0
  }

  /** @param nowMs the time at the last asking, so that what came since then counts as just come */
  judge(activity: Activity, nowMs: number, stepMs: number): TimeoutAction {
    if (this.#isStuck(activity, nowMs) || this.#stands(activity, nowMs)) return 'reset'
    if (activity.isPending) this.#sinceMs = nowMs
    const forMs = nowMs - this.#sinceMs
    switch (activity.doing) {
      case 'lingering':
        return forMs > this.#limits.lingerTimeoutMs ? 'destroy' : 'wait'
      case 'body':
        return activity.isReading ? this.#judgeBody(activity, stepMs, forMs) : 'wait'
      case 'answering':
        return activity.hasEnded ? this.#judgeHalfClosed(activity, nowMs) : 'wait'
      case 'head':
        return activity.isReading ? this.#judgeHead(nowMs) : 'wait'
      default:
        return this.#judgeIdle(nowMs, forMs)
    }
  }

  #judgeHead(nowMs: number): TimeoutAction {
    if (this.#headSinceMs === 0) this.#headSinceMs = nowMs
    if (nowMs - this.#headSinceMs <= this.#limits.headTimeoutMs) return 'wait'
    return new Refusal(408, 'The head of the request takes too long.')
  }

  #judgeIdle(nowMs: number, forMs: number): TimeoutAction {
    const isNew = this.#headSinceMs > 0
    const isLate = isNew
      ? nowMs - this.#headSinceMs > this.#limits.headTimeoutMs
      : forMs > this.#limits.keepAliveTimeoutMs
    return isLate ? 'end' : 'wait'
  }

  #judgeBody({ bodyBytes }: Activity, stepMs: number, forMs: number): TimeoutAction {
    const { bodyIdleTimeoutMs, bodyBytesPerSecondMin } = this.#limits
    this.#bodyMs += stepMs
    const isSlow = this.#bodyMs > bodyIdleTimeoutMs && bodyBytes * 1000 < bodyBytesPerSecondMin * this.#bodyMs
    if (forMs <= bodyIdleTimeoutMs && !isSlow) return 'wait'
    return new Refusal(408, 'The body of the request takes too long.')
  }

  /** A peer that has sent its end may be gone; only sending something would tell. */
  #judgeHalfClosed({ streamedBytes }: Activity, nowMs: number): TimeoutAction {
    if (streamedBytes !== this.#streamedBytes) this.#sinceMs = nowMs
    this.#streamedBytes = streamedBytes
    return nowMs - this.#sinceMs > this.#limits.halfCloseTimeoutMs ? 'destroy' : 'wait'
  }

  /** Whether nothing has gone on for too long while the socket is not read, so that it can't tell that its peer is gone. */
  #stands({ isPaused, takenBytes, deliveredBytes }: Activity, nowMs: number): boolean {
    const movedBytes = takenBytes + deliveredBytes
    if (!isPaused || movedBytes !== this.#movedBytes) this.#standingSinceMs = nowMs
    this.#movedBytes = movedBytes
    return nowMs - this.#standingSinceMs > this.#limits.standstillTimeoutMs
  }

  /** Whether nothing of what is sent has been taken for too long. */
  #isStuck({ isPending, takenBytes }: Activity, nowMs: number): boolean {
    if (!isPending || takenBytes !== this.#takenBytes) this.#stuckSinceMs = nowMs
    this.#takenBytes = takenBytes
    return nowMs - this.#stuckSinceMs > this.#limits.writeTimeoutMs
  }
}
