import type { TopicEvent } from '../topics/event.ts'
import type { Position, Start } from '../topics/position.ts'
import type { Subscriber, Subscription as TopicSubscription } from '../topics/topics.ts'
import type { SubscriptionState } from './connection-state.ts'
import type { SendQueue } from './send-queue.ts'

/** What a subscription tells its session. */
export interface SubscriptionOwner {
  readonly outbox: SendQueue
  /** What must be kept of it has changed. */
  changed(): void
  /** It can't go on. */
  failed(subscription: ConnectionSubscription, error: unknown): void
}

/** One topic that a session follows, as far as the client's credit goes. */
export class ConnectionSubscription implements Subscriber {
  readonly topic: string
  readonly window: number
  readonly #owner: SubscriptionOwner
  #source: TopicSubscription | null = null
  #epoch = ''
  #sent = 0
  #acked = 0
  /** Whether it waits for credit, or for the channel, and reads on from the log afterwards. */
  #isPaused = true
  #isClosed = false

  constructor(topic: string, window: number, owner: SubscriptionOwner) {
    this.topic = topic
    this.window = window
    this.#owner = owner
  }

  /** Of the last event sent. */
  get position(): Position {
    return { epoch: this.#epoch, offset: this.#sent }
  }

  get state(): SubscriptionState {
    const { topic, window } = this
    return { topic, window, epoch: this.#epoch, acked: this.#acked, behind: this.#isPaused ? this.#sent : null }
  }

  /**
   * Begins at a position, which the client knows of by then.
   * @param acked where the client's credit counts from
   */
  begin({ epoch, offset }: Position, acked: number, source: TopicSubscription): void {
    if (this.#isClosed || this.#owner.outbox.isOver) {
      source.close()
      return
    }
    this.#epoch = epoch
    this.#sent = offset
    this.#acked = acked
    this.#source = source
    this.#isPaused = this.#room === 0
    if (!this.#isPaused) source.resume()
  }

  take(events: readonly TopicEvent[]): number {
    const room = this.#room
    const taken = room < events.length ? events.slice(0, room) : events
    const last = taken.at(-1)
    if (last !== undefined) {
      this.#sent = last.offset
      this.#owner.outbox.sendEvents(taken)
    }
    if (taken.length < events.length) this.#pause()
    return taken.length
  }

  gap({ position, reason }: Start & { recovered: false }): void {
    this.#epoch = position.epoch
    this.#sent = position.offset
    this.#acked = position.offset
    this.#owner.outbox.notify('gap', { topic: this.topic, reason, position })
    this.#owner.changed()
  }

  fail(error: unknown): void {
    if (!this.#isClosed) this.#owner.failed(this, error)
  }

  ack(offset: number): void {
    if (offset <= this.#acked || offset > this.#sent) return
    this.#acked = offset
    this.#owner.changed()
    this.proceed()
  }

  /** Goes on where it was paused, if it can. */
  proceed(): void {
    if (!this.#isPaused || this.#source === null || this.#room === 0) return
    this.#isPaused = false
    this.#owner.changed()
    this.#source.resume()
  }

  close(): void {
    this.#isClosed = true
    this.#source?.close()
  }

  /** How many events may be sent now. */
  get #room(): number {
    if (this.#isClosed || this.#owner.outbox.isBlocked) return 0
    return Math.max(0, this.window - (this.#sent - this.#acked))
  }

  #pause(): void {
    this.#isPaused = true
    this.#owner.changed()
  }
}
