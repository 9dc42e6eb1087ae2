/**
 * The time limits of one connection. No timer belongs to a connection: the server checks all of them in one sweep (every
 * half second, say), and nothing is cut before its time.
 */
import type { ConnectionOptions } from './connection-options.ts'
import { HttpError } from './http-error.ts'

/** A connection's state and progress. */
export interface Activity {
  state: 'lingering' | 'body' | 'responding' | 'head' | 'idle'
  /** True if the socket is not read, because enough bytes wait to be handled. */
  isPaused: boolean
  /** True if the server waits for bytes of the peer. */
  isReading: boolean
  /** True if the peer has ended its side. */
  hasEnded: boolean
  /** Sent bytes that have not been taken, and the count of all that have. */
  isPending: boolean
  takenBytes: number
  /** Bytes of the request's body that have come, and those that the handler has read. */
  bodyBytes: number
  deliveredBytes: number
  /** Bytes of a streamed response that have been sent. */
  streamedBytes: number
}

/** The action that is due: none, an orderly end, a close, a reset, or an error response. */
export type TimeoutAction = 'wait' | 'end' | 'destroy' | 'reset' | HttpError

export class TimeoutPolicy {
  readonly #options: Pick<ConnectionOptions, 'limits' | 'clock'>
  /** The time of the last activity. */
  #sinceMs: number
  /** The start of the head that is still to come; 0 for none. */
  #headSinceMs: number
  #bodyMs = 0
  #stuckSinceMs: number
  #takenBytes = 0
  #standstillSinceMs: number
  #movedBytes = 0
  #streamedBytes = 0

  /** A new connection owes a head at once. */
  constructor(options: Pick<ConnectionOptions, 'limits' | 'clock'>) {
    const { nowMs } = options.clock
    this.#options = options
    this.#sinceMs = nowMs
    this.#headSinceMs = nowMs
    this.#stuckSinceMs = nowMs
    this.#standstillSinceMs = nowMs
  }

  /** Restarts the idle time. */
  touch(): void {
    this.#sinceMs = this.#options.clock.nowMs
  }

  /** Called when a head is complete and its body begins. */
  beginRequest(): void {
    this.#headSinceMs = 0
    this.#bodyMs = 0
  }

  /** Returns the action that is due at a step of the clock. Bytes that arrived since the last step count as arrived now. */
  decide(activity: Activity, stepMs: number): TimeoutAction {
    const nowMs = this.#options.clock.nowMs - stepMs
    if (this.#isStuck(activity, nowMs) || this.#isStandstill(activity, nowMs)) return 'reset'
    if (activity.isPending) this.#sinceMs = nowMs
    const forMs = nowMs - this.#sinceMs
    switch (activity.state) {
      case 'lingering':
        return forMs > this.#options.limits.lingerTimeoutMs ? 'destroy' : 'wait'
      case 'body':
        return activity.isReading ? this.#checkBody(activity, stepMs, forMs) : 'wait'
      case 'responding':
        return activity.hasEnded ? this.#checkHalfClosed(activity, nowMs) : 'wait'
      case 'head':
        return activity.isReading ? this.#checkHead(nowMs) : 'wait'
      default:
        return this.#checkIdle(nowMs, forMs)
    }
  }

  #checkHead(nowMs: number): TimeoutAction {
    if (this.#headSinceMs === 0) this.#headSinceMs = nowMs
    if (nowMs - this.#headSinceMs <= this.#options.limits.headTimeoutMs) return 'wait'
    return new HttpError(408, 'The head of the request took too long.')
  }

  #checkIdle(nowMs: number, forMs: number): TimeoutAction {
    const isNew = this.#headSinceMs > 0
    const isLate = isNew
      ? nowMs - this.#headSinceMs > this.#options.limits.headTimeoutMs
      : forMs > this.#options.limits.keepAliveTimeoutMs
    return isLate ? 'end' : 'wait'
  }

  #checkBody({ bodyBytes }: Activity, stepMs: number, forMs: number): TimeoutAction {
    const { bodyIdleTimeoutMs, bodyBytesPerSecondMin } = this.#options.limits
    this.#bodyMs += stepMs
    const isSlow = this.#bodyMs > bodyIdleTimeoutMs && bodyBytes * 1000 < bodyBytesPerSecondMin * this.#bodyMs
    if (forMs <= bodyIdleTimeoutMs && !isSlow) return 'wait'
    return new HttpError(408, 'The body of the request took too long.')
  }

  /** A half-closed peer may be lost; only sending something would show it. */
  #checkHalfClosed({ streamedBytes }: Activity, nowMs: number): TimeoutAction {
    if (streamedBytes !== this.#streamedBytes) this.#sinceMs = nowMs
    this.#streamedBytes = streamedBytes
    return nowMs - this.#sinceMs > this.#options.limits.halfCloseTimeoutMs ? 'destroy' : 'wait'
  }

  /** True if nothing has moved for too long while the socket is not read, so that nobody learns that the peer is gone. */
  #isStandstill({ isPaused, takenBytes, deliveredBytes }: Activity, nowMs: number): boolean {
    const movedBytes = takenBytes + deliveredBytes
    if (!isPaused || movedBytes !== this.#movedBytes) this.#standstillSinceMs = nowMs
    this.#movedBytes = movedBytes
    return nowMs - this.#standstillSinceMs > this.#options.limits.standstillTimeoutMs
  }

  /** True if the peer has taken no sent bytes for too long. */
  #isStuck({ isPending, takenBytes }: Activity, nowMs: number): boolean {
    if (!isPending || takenBytes !== this.#takenBytes) this.#stuckSinceMs = nowMs
    this.#takenBytes = takenBytes
    return nowMs - this.#stuckSinceMs > this.#options.limits.writeTimeoutMs
  }
}
