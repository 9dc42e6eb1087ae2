import type { TopicEvent } from '../topics/event.ts'
import type { Position, Start } from '../topics/position.ts'
import type { Subscriber, Subscription as TopicSubscription } from '../topics/subscription.ts'
import type { SubscriptionState } from './connection-state.ts'
import type { SendQueue } from './send-queue.ts'

/** The connection of a subscription, as far as the subscription needs it. */
export interface SubscriptionOwner {
  readonly sendQueue: SendQueue
  /** The state to persist has changed. */
  changed(): void
  /** The subscription cannot continue. */
  failed(subscription: ConnectionSubscription, error: unknown): void
}

/** What a client asks for. */
export interface SubscriptionRequest {
  topic: string
  window: number
  /** References to expand in events. */
  expand: string | null
}

/** Follows one topic for a connection, with at most `window` events sent and not acknowledged. */
export class ConnectionSubscription implements Subscriber {
  readonly topic: string
  readonly window: number
  readonly expand: string | null
  readonly #owner: SubscriptionOwner
  #source: TopicSubscription | null = null
  #epoch = ''
  #sent = 0
  #acked = 0
  /** True if it waits for an `ack` or for the channel; it continues from the log. */
  #isPaused = true
  #isClosed = false

  constructor({ topic, window, expand }: SubscriptionRequest, owner: SubscriptionOwner) {
    this.topic = topic
    this.window = window
    this.expand = expand
    this.#owner = owner
  }

  /** The position of the last event sent. */
  get position(): Position {
    return { epoch: this.#epoch, offset: this.#sent }
  }

  get state(): SubscriptionState {
    const { topic, window, expand } = this
    const behind = this.#isPaused ? this.#sent : null
    return { topic, window, ...(expand !== null && { expand }), epoch: this.#epoch, acked: this.#acked, behind }
  }

  /**
   * Starts at a position, which the client has been sent.
   * @param acked the offset that counts as acknowledged
   */
  begin({ epoch, offset }: Position, acked: number, source: TopicSubscription): void {
    if (this.#isClosed || this.#owner.sendQueue.isOver) {
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
      this.#owner.sendQueue.sendEvents(taken)
    }
    if (taken.length < events.length) this.#pause()
    return taken.length
  }

  gap({ position, reason }: Start & { recovered: false }): void {
    this.#epoch = position.epoch
    this.#sent = position.offset
    this.#acked = position.offset
    this.#owner.sendQueue.notify('gap', { topic: this.topic, reason, position })
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

  /** Resumes when it is paused and may send. */
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

  /** The number of events that may be sent now. */
  get #room(): number {
    if (this.#isClosed || this.#owner.sendQueue.isBlocked) return 0
    return Math.max(0, this.window - (this.#sent - this.#acked))
  }

  #pause(): void {
    this.#isPaused = true
    this.#owner.changed()
  }
}
