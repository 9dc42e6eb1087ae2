import { AppError } from '../errors.ts'
import { KeyedQueue } from '../limits/keyed-queue.ts'
import type { Position } from '../topics/position.ts'
import type { Topics } from '../topics/topics.ts'
import type { SubscriptionState } from './connection-state.ts'
import type { ConnectionContext } from './context.ts'
import { subscriptionsMax } from './limits.ts'
import { loseAccess } from './lose-access.ts'
import { bad, readAfter, readExpand, readOffset, readTopic, readWindow } from './params.ts'
import { ConnectionSubscription, type SubscriptionOwner, type SubscriptionRequest } from './subscription.ts'

type Params = Readonly<Record<string, unknown>>

/** Sends the response of an asynchronous call; false when the call was cancelled. */
export type Respond = (result: object) => boolean

/** The topics that one connection follows. */
export class Subscriptions {
  readonly #context: ConnectionContext
  readonly #owner: SubscriptionOwner
  readonly #followed = new Map<string, ConnectionSubscription>()
  readonly #queue = new KeyedQueue()

  constructor(context: ConnectionContext) {
    this.#context = context
    const { sendQueue, changed } = context
    this.#owner = { sendQueue, changed, failed: ({ topic, position }, error) => this.#end(topic, position, error) }
  }

  get state(): SubscriptionState[] {
    return [...this.#followed.values()].map(({ state }) => state)
  }

  /** @throws MessageError -32602; AppError of the topic */
  async subscribe(params: Params, respond: Respond): Promise<void> {
    const topic = readTopic(params)
    const after = readAfter(params)
    const request = { topic, window: readWindow(params), expand: readExpand(params) }
    await this.#queue.run(topic, () => this.#follow(request, after, respond))
  }

  /** @throws MessageError -32602 */
  async unsubscribe(params: Params, respond: Respond): Promise<void> {
    const topic = readTopic(params)
    await this.#queue.run(topic, async () => {
      const followed = this.#followed.get(topic)
      if (followed === undefined) throw bad('topic', 'is not followed')
      followed.close()
      this.#drop(topic)
      this.#context.changed()
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
  async restore({ topic, window, expand, epoch, acked, behind }: SubscriptionState): Promise<void> {
    const subscriber = new ConnectionSubscription({ topic, window, expand: expand ?? null }, this.#owner)
    const isSame = epoch === this.#context.host.topics.epoch
    const after = behind === null && isSame ? null : { epoch, offset: behind ?? acked }
    const resumed = await this.#open(subscriber, after).catch((error: unknown) => {
      this.#end(topic, { epoch, offset: behind ?? acked }, error)
      return null
    })
    if (resumed === null) return
    const { start, subscription: source } = resumed
    this.#takeQuota()
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

  #takeQuota(): boolean {
    const { host, caller } = this.#context
    return host.subscriptionQuota.take(caller.keys)
  }

  #giveQuota(): void {
    const { host, caller } = this.#context
    host.subscriptionQuota.give(caller.keys)
  }

  #drop(topic: string): void {
    if (this.#followed.delete(topic)) this.#giveQuota()
  }

  /** Ends one subscription; the others continue. */
  #end(topic: string, position: Position, error: unknown): void {
    this.#followed.get(topic)?.close()
    this.#drop(topic)
    loseAccess(this.#context, error, 'unsubscribed', { topic, position })
  }

  #open(subscriber: ConnectionSubscription, after: Position | null): ReturnType<Topics['subscribe']> {
    const { host, caller } = this.#context
    const { topic, expand } = subscriber
    return host.topics.subscribe({ topic, principal: caller.identity, peer: caller.peer, after, expand, subscriber })
  }

  async #follow(wanted: SubscriptionRequest, after: Position | null, respond: Respond): Promise<void> {
    const { topic } = wanted
    if (this.#followed.has(topic)) throw bad('topic', 'is followed already')
    if (this.#followed.size + this.#queue.size > subscriptionsMax) {
      throw new AppError('too_many_requests', `A connection may follow at most ${subscriptionsMax} topics.`)
    }
    if (!this.#takeQuota()) throw new AppError('too_many_requests', 'Your connections follow too many topics.')
    const subscriber = new ConnectionSubscription(wanted, this.#owner)
    const { start, subscription: source } = await this.#open(subscriber, after).catch((error) => {
      this.#giveQuota()
      throw error
    })
    this.#followed.set(topic, subscriber)
    if (respond({ topic, ...start })) {
      subscriber.begin(start.position, start.position.offset, source)
      this.#context.changed()
    } else {
      this.#drop(topic)
      source.close()
    }
  }
}
