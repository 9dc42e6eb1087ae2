import { AppError } from '../../src/errors.ts'
import { TopicEvent } from '../../src/topics/event.ts'
import type { GapReason, Position, Start } from '../../src/topics/position.ts'
import type { Subscriber, Subscription } from '../../src/topics/subscription.ts'
import type { Subscribe, Topics } from '../../src/topics/topics.ts'

/** Topics in memory with the semantics of the real ones; a publish is delivered before it returns. */
export class MemoryTopics implements Topics {
  epoch = 'e1'
  /** The next subscribe fails with this. */
  failure: unknown = null
  /** Subscribing waits for this. */
  latch: Promise<void> | null = null
  /** What each subscriber asked to expand. */
  readonly expands: (string | null | undefined)[] = []
  readonly followers = new Set<MemorySubscription>()
  readonly #logs = new Map<string, TopicEvent[]>()
  readonly #oldest = new Map<string, number>()

  constructor(...names: string[]) {
    for (const name of names) this.#logs.set(name, [])
  }

  publish(topic: string, ...data: unknown[]): void {
    const log = this.log(topic)
    for (const each of data) log.push(new TopicEvent(topic, log.length + 1, 'said', 0, JSON.stringify(each)))
    for (const each of this.followers) if (each.topic === topic) each.pump()
  }

  trim(topic: string, oldest: number): void {
    this.#oldest.set(topic, oldest)
  }

  oldest(topic: string): number {
    return this.#oldest.get(topic) ?? 1
  }

  log(topic: string): TopicEvent[] {
    const log = this.#logs.get(topic)
    if (log === undefined) throw new AppError('not_found', 'There is no such topic.')
    return log
  }

  async position(topic: string): Promise<Position> {
    return { epoch: this.epoch, offset: this.log(topic).length }
  }

  async subscribe({
    topic,
    after,
    subscriber,
    expand,
  }: Subscribe): Promise<{ start: Start; subscription: Subscription }> {
    this.expands.push(expand)
    const { failure, latch } = this
    this.failure = null
    await latch
    if (failure !== null) throw failure
    const newest = await this.position(topic)
    const reason = after === null ? null : this.#reason(topic, after, newest)
    const start: Start =
      reason === null ? { position: after ?? newest, recovered: true } : { position: newest, recovered: false, reason }
    const subscription = new MemorySubscription(this, topic, start.position, subscriber)
    this.followers.add(subscription)
    return { start, subscription }
  }

  #reason(topic: string, { epoch, offset }: Position, newest: Position): GapReason | null {
    if (epoch !== this.epoch) return 'epoch'
    if (offset > newest.offset) return 'future'
    return offset + 1 < this.oldest(topic) ? 'trimmed' : null
  }
}

class MemorySubscription implements Subscription {
  readonly topic: string
  readonly subscriber: Subscriber
  position: Position
  readonly #topics: MemoryTopics
  #isWaiting = true

  constructor(topics: MemoryTopics, topic: string, position: Position, subscriber: Subscriber) {
    this.topic = topic
    this.position = position
    this.subscriber = subscriber
    this.#topics = topics
  }

  resume(): void {
    this.#isWaiting = false
    queueMicrotask(() => this.pump())
  }

  pump(): void {
    while (!this.#isWaiting && this.#topics.followers.has(this)) {
      this.#leap()
      const events = this.#topics.log(this.topic).slice(this.position.offset, this.position.offset + 100)
      if (events.length === 0) return
      const taken = this.subscriber.take(events)
      this.position = { ...this.position, offset: this.position.offset + taken }
      if (taken < events.length) this.#isWaiting = true
    }
  }

  close(): void {
    this.#topics.followers.delete(this)
  }

  #leap(): void {
    if (this.position.offset + 1 >= this.#topics.oldest(this.topic)) return
    this.position = { ...this.position, offset: this.#topics.log(this.topic).length }
    this.subscriber.gap({ position: this.position, recovered: false, reason: 'trimmed' })
  }
}
