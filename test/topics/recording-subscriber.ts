import type { TopicEvent } from '../../src/topics/event.ts'
import type { Position, Start } from '../../src/topics/position.ts'
import type { Subscriber, Subscription } from '../../src/topics/subscription.ts'
import type { Topics } from '../../src/topics/topics.ts'

/** A subscriber that records the events it receives, and takes no more than it has room for. */
export class RecordingSubscriber implements Subscriber {
  readonly offsets: number[] = []
  readonly events: TopicEvent[] = []
  readonly gaps: (Start & { recovered: false })[] = []
  readonly failures: unknown[] = []
  /** The number of events that it was offered, repeats included. */
  offered = 0
  room = Number.POSITIVE_INFINITY
  #waiting: { isDone(): boolean; resolve(): void }[] = []

  take(events: readonly TopicEvent[]): number {
    const taken = events.slice(0, this.room)
    this.offered += events.length
    this.room -= taken.length
    this.events.push(...taken)
    this.offsets.push(...taken.map(({ offset }) => offset))
    this.#look()
    return taken.length
  }

  gap(start: Start & { recovered: false }): void {
    this.gaps.push(start)
    this.#look()
  }

  fail(error: unknown): void {
    this.failures.push(error)
    this.#look()
  }

  /** Resolves when something that it receives makes this true. */
  until(isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ isDone, resolve })
      this.#look()
    })
  }

  reached(offset: number): Promise<void> {
    return this.until(() => (this.offsets.at(-1) ?? 0) >= offset)
  }

  #look(): void {
    this.#waiting = this.#waiting.filter(({ isDone, resolve }) => {
      if (!isDone()) return true
      resolve()
      return false
    })
  }
}

export interface Following {
  subscriber: RecordingSubscriber
  start: Start
  subscription: Subscription
}

/** Follows a topic from an offset, or from now on. */
export async function follow(
  topics: Topics,
  topic: string,
  after: number | Position | null,
  subscriber = new RecordingSubscriber(),
  expand: string | null = null,
): Promise<Following> {
  const position = typeof after === 'number' ? { epoch: topics.epoch, offset: after } : after
  const { start, subscription } = await topics.subscribe({
    topic,
    principal: null,
    after: position,
    subscriber,
    expand,
  })
  subscription.resume()
  return { subscriber, start, subscription }
}
