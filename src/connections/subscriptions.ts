import { AppError } from '../errors.ts'
import type { Position } from '../topics/position.ts'
import type { Topics } from '../topics/topics.ts'
import type { Caller } from './caller.ts'
import type { SubscriptionState } from './connection-state.ts'
import { subscriptionsMax } from './limits.ts'
import { bad, readAfter, readOffset, readTopic, readWindow } from './params.ts'
import { ConnectionSubscription, type SubscriptionOwner } from './subscription.ts'
import { TopicQueue } from './topic-queue.ts'

interface SubscriptionsOptions extends Omit<SubscriptionOwner, 'failed'> {
  /** Hears of a log that can't be read. */
  broken(error: unknown): void
  /** The sign-in is over. */
  signedOut(): void
  /** What all sessions of the client have together. */
  quota: Share
}

interface Share {
  /** False when there are as many as there may be. */
  take(): boolean
  give(): void
}

type Params = Readonly<Record<string, unknown>>

/** Sends the answer of a call that took a while; false when nobody wants it any more. */
export type Respond = (result: object) => boolean

/** What one session follows. */
export class Subscriptions {
  readonly #topics: Topics
  readonly #visitor: Caller
  readonly #owner: SubscriptionOwner
  readonly #broken: SubscriptionsOptions['broken']
  readonly #signedOut: SubscriptionsOptions['signedOut']
  readonly #quota: Share
  readonly #followed = new Map<string, ConnectionSubscription>()
  readonly #queue = new TopicQueue()

  constructor(topics: Topics, visitor: Caller, { outbox, changed, broken, signedOut, quota }: SubscriptionsOptions) {
    this.#topics = topics
    this.#visitor = visitor
    this.#broken = broken
    this.#signedOut = signedOut
    this.#quota = quota
    this.#owner = { outbox, changed, failed: (subscription, error) => this.#end(subscription, error) }
  }

  get state(): SubscriptionState[] {
    return [...this.#followed.values()].map(({ state }) => state)
  }

  /** @throws MessageError -32602; AppError of the topic */
  async subscribe(params: Params, answer: Respond): Promise<void> {
    const topic = readTopic(params)
    const after = readAfter(params)
    const window = readWindow(params)
    await this.#queue.run(topic, () => this.#follow(topic, after, window, answer))
  }

  /** @throws MessageError -32602 */
  async unsubscribe(params: Params, answer: Respond): Promise<void> {
    const topic = readTopic(params)
    await this.#queue.run(topic, async () => {
      const followed = this.#followed.get(topic)
      if (followed === undefined) throw bad('topic', 'is not followed')
      followed.close()
      this.#drop(topic)
      this.#owner.changed()
      answer({ topic, position: followed.position })
    })
  }

  ack(params: Params): void {
    this.#followed.get(readTopic(params))?.ack(readOffset(params))
  }

  /** The channel takes more again. */
  proceed(): void {
    for (const each of this.#followed.values()) each.proceed()
  }

  /** Goes on with what a state says. What was sent as it happened is at the topic's newest event. */
  async restore({ topic, window, epoch, acked, behind }: SubscriptionState): Promise<void> {
    const subscriber = new ConnectionSubscription(topic, window, this.#owner)
    const isSame = epoch === this.#topics.epoch
    const after = behind === null && isSame ? null : { epoch, offset: behind ?? acked }
    const request = { topic, principal: this.#visitor.identity, after, subscriber }
    const { start, subscription: source } = await this.#topics.subscribe(request)
    this.#quota.take()
    this.#followed.set(topic, subscriber)
    if (!start.recovered) subscriber.gap(start)
    subscriber.begin(start.position, start.recovered ? acked : start.position.offset, source)
  }

  close(): void {
    for (const [topic, each] of this.#followed) {
      each.close()
      this.#drop(topic)
    }
  }

  #drop(topic: string): void {
    if (this.#followed.delete(topic)) this.#quota.give()
  }

  /** It is over: what the client is not allowed is told to it, and the others go on. */
  #end({ topic, position }: ConnectionSubscription, error: unknown): void {
    if (!(error instanceof AppError) || error.status >= 500) {
      this.#broken(error)
      return
    }
    if (error.code === 'unauthorized') {
      this.#signedOut()
      return
    }
    this.#drop(topic)
    const { status: code, message } = error
    this.#owner.outbox.notify('unsubscribed', { topic, position, error: { code, message } })
    this.#owner.changed()
  }

  async #follow(topic: string, after: Position | null, window: number, answer: Respond): Promise<void> {
    if (this.#followed.has(topic)) throw bad('topic', 'is followed already')
    if (this.#followed.size + this.#queue.size >= subscriptionsMax) {
      throw new AppError('too_many_requests', `Only ${subscriptionsMax} topics at a time.`)
    }
    if (!this.#quota.take()) throw new AppError('too_many_requests', 'You follow too many topics at a time.')
    const subscriber = new ConnectionSubscription(topic, window, this.#owner)
    const request = { topic, principal: this.#visitor.identity, after, subscriber }
    const { start, subscription: source } = await this.#topics.subscribe(request).catch((error) => {
      this.#quota.give()
      throw error
    })
    this.#followed.set(topic, subscriber)
    if (answer({ topic, ...start })) {
      subscriber.begin(start.position, start.position.offset, source)
      this.#owner.changed()
    } else {
      this.#drop(topic)
      source.close()
    }
  }
}
