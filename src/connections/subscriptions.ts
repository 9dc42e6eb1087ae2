import { AppError } from '../errors.ts'
import { KeyedQueue } from '../limits/keyed-queue.ts'
import type { Position } from '../topics/position.ts'
import type { Topics } from '../topics/topics.ts'
import type { Caller } from './caller.ts'
import type { SubscriptionState } from './connection-state.ts'
import { subscriptionsMax } from './limits.ts'
import { bad, readAfter, readOffset, readTopic, readWindow } from './params.ts'
import { ConnectionSubscription, type SubscriptionOwner } from './subscription.ts'

interface SubscriptionsOptions extends Omit<SubscriptionOwner, 'failed'> {
  /** The log cannot be read. */
  broken(error: unknown): void
  /** The session or key of the caller has ended. */
  signedOut(): void
  /** The quota of the client over all its connections. */
  quota: ConnectionQuota
}

interface ConnectionQuota {
  /** False when the limit is reached. */
  take(): boolean
  give(): void
}

type Params = Readonly<Record<string, unknown>>

/** Sends the response of an asynchronous call; false when the call was cancelled. */
export type Respond = (result: object) => boolean

/** The topics that one connection follows. */
export class Subscriptions {
  readonly #topics: Topics
  readonly #caller: Caller
  readonly #owner: SubscriptionOwner
  readonly #broken: SubscriptionsOptions['broken']
  readonly #signedOut: SubscriptionsOptions['signedOut']
  readonly #quota: ConnectionQuota
  readonly #followed = new Map<string, ConnectionSubscription>()
  readonly #queue = new KeyedQueue()

  constructor(topics: Topics, caller: Caller, { sendQueue, changed, broken, signedOut, quota }: SubscriptionsOptions) {
    this.#topics = topics
    this.#caller = caller
    this.#broken = broken
    this.#signedOut = signedOut
    this.#quota = quota
    this.#owner = { sendQueue, changed, failed: (subscription, error) => this.#end(subscription, error) }
  }

  get state(): SubscriptionState[] {
    return [...this.#followed.values()].map(({ state }) => state)
  }

  /** @throws MessageError -32602; AppError of the topic */
  async subscribe(params: Params, respond: Respond): Promise<void> {
    const topic = readTopic(params)
    const after = readAfter(params)
    const window = readWindow(params)
    await this.#queue.run(topic, () => this.#follow(topic, after, window, respond))
  }

  /** @throws MessageError -32602 */
  async unsubscribe(params: Params, respond: Respond): Promise<void> {
    const topic = readTopic(params)
    await this.#queue.run(topic, async () => {
      const followed = this.#followed.get(topic)
      if (followed === undefined) throw bad('topic', 'is not followed')
      followed.close()
      this.#drop(topic)
      this.#owner.changed()
      respond({ topic, position: followed.position })
    })
  }

  ack(params: Params): void {
    this.#followed.get(readTopic(params))?.ack(readOffset(params))
  }

  /** Continues after the channel has drained. */
  proceed(): void {
    for (const each of this.#followed.values()) each.proceed()
  }

  /** Resumes a subscription from its state. One that was live continues at the newest event of the topic. */
  async restore({ topic, window, epoch, acked, behind }: SubscriptionState): Promise<void> {
    const subscriber = new ConnectionSubscription(topic, window, this.#owner)
    const isSame = epoch === this.#topics.epoch
    const after = behind === null && isSame ? null : { epoch, offset: behind ?? acked }
    const request = { topic, principal: this.#caller.identity, after, subscriber }
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

  /** Ends one subscription: an error of the client is reported to it, and the other subscriptions continue. */
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
    this.#owner.sendQueue.notify('unsubscribed', { topic, position, error: { code, message } })
    this.#owner.changed()
  }

  async #follow(topic: string, after: Position | null, window: number, respond: Respond): Promise<void> {
    if (this.#followed.has(topic)) throw bad('topic', 'is followed already')
    if (this.#followed.size + this.#queue.size > subscriptionsMax) {
      throw new AppError('too_many_requests', `A connection may follow at most ${subscriptionsMax} topics.`)
    }
    if (!this.#quota.take()) throw new AppError('too_many_requests', 'Your connections follow too many topics.')
    const subscriber = new ConnectionSubscription(topic, window, this.#owner)
    const request = { topic, principal: this.#caller.identity, after, subscriber }
    const { start, subscription: source } = await this.#topics.subscribe(request).catch((error) => {
      this.#quota.give()
      throw error
    })
    this.#followed.set(topic, subscriber)
    if (respond({ topic, ...start })) {
      subscriber.begin(start.position, start.position.offset, source)
      this.#owner.changed()
    } else {
      this.#drop(topic)
      source.close()
    }
  }
}
