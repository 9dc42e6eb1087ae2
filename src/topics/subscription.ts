import type { TopicEvent } from './event.ts'
import type { Position, Start } from './position.ts'

/** Receives the events of a subscription. */
export interface Subscriber {
  /**
   * Takes events in order and without gaps; returns how many it took. After fewer than given, nothing comes until
   * `resume`, and then the rest is read from the log.
   */
  take(events: readonly TopicEvent[]): number
  /** All stored events were delivered; new ones follow as they come. */
  caughtUp?(): void
  /** Events before the start's position are lost. Events continue from there. */
  gap(start: Start & { recovered: false }): void
  /** The subscription has ended: the log can't be read, or access was lost. */
  fail(error: unknown): void
}

export interface Subscription {
  /** The position of the last event taken. */
  readonly position: Position
  /** Asks for more events. The first call starts the subscription. */
  resume(): void
  close(): void
}
