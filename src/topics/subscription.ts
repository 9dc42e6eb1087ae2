import type { TopicEvent } from './event.ts'
import type { Position, Start } from './position.ts'

/** Takes what a subscription brings. */
export interface Subscriber {
  /**
   * Takes events in order and without a hole, and tells how many of these. Fewer than there are: enough for
   * now, and nothing more comes until `resume`, when the rest is read from the log.
   */
  take(events: readonly TopicEvent[]): number
  /** There is nothing more for now; what comes is brought as it comes. */
  caughtUp?(): void
  /** What lies before the start's position is lost. Events go on from there. */
  gap(start: Start & { recovered: false }): void
  /** Nothing more comes: the log can't be read, or access is over. */
  fail(error: unknown): void
}

export interface Subscription {
  /** Of the last event taken. */
  readonly position: Position
  /** More can be taken. A subscription begins with the first call of this. */
  resume(): void
  close(): void
}
