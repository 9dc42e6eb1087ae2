import type { Checked } from './access-sweep.ts'
import type { TopicEvent } from './event.ts'
import type { ExpandEvents } from './event-expander.ts'
import type { Position } from './position.ts'
import type { Subscriber, Subscription } from './subscription.ts'
import type { Follower, Source, Tail } from './tail.ts'

export interface ReaderOptions {
  log: Source
  topic: string
  epoch: string
  offset: number
  subscriber: Subscriber
  /** Null for events as they are in the log. */
  expand: ExpandEvents | null
  /** @throws AppError when the topic may not be read any more, `unauthorized` when the credential has ended */
  authorize(): void
  acquire(): Tail
  release(): void
}

/** Yields between two batches, since a database may respond synchronously. */
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve))

/** The delay before events are expanded that the client has too few rate limit units for. */
const unitsWaitMs = 1000

/**
 * One subscription: following the tail, reading the log to get there, expanding events, or waiting for `resume`. While it expands some,
 * it has left the tail; the next ones it reads from the log.
 */
export class Reader implements Subscription, Follower, Checked {
  readonly #options: ReaderOptions
  readonly #tail: Tail
  #offset: number
  #isCatchingUp = false
  #state: 'waiting' | 'reading' | 'following' | 'expanding' | 'closed' = 'waiting'
  #unitsTimer: ReturnType<typeof setTimeout> | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#offset = options.offset
    this.#tail = options.acquire()
  }

  get offset(): number {
    return this.#offset
  }

  get position(): Position {
    return { epoch: this.#options.epoch, offset: this.#offset }
  }

  resume(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'reading'
    if (!this.#isCatchingUp) void this.#catchUp()
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearTimeout(this.#unitsTimer)
    this.#tail.leave(this)
    this.#options.release()
  }

  checkAccess(): void {
    try {
      this.#options.authorize()
    } catch (error) {
      this.#fail(error)
    }
  }

  deliver(events: readonly TopicEvent[]): boolean {
    const { expand } = this.#options
    if (expand === null) return this.#pass(events)
    this.#state = 'expanding'
    void this.#deliverExpanded(events, expand)
    return false
  }

  async #deliverExpanded(events: readonly TopicEvent[], expand: ExpandEvents): Promise<void> {
    try {
      this.#options.authorize()
      const expanded = await expand(events)
      if (this.#state !== 'expanding') return
      if (expanded === null) {
        this.#unitsTimer = setTimeout(() => this.#goOn(), unitsWaitMs)
        return
      }
      if (!this.#pass(expanded)) return
      await nextTurn()
      this.#goOn()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Reads the events after those that were expanded. */
  #goOn(): void {
    if (this.#state !== 'expanding') return
    this.#state = 'waiting'
    this.resume()
  }

  /** Returns true if the subscriber took all of them. */
  #pass(events: readonly TopicEvent[]): boolean {
    const taken = this.#take(events)
    this.#offset = events[taken - 1]?.offset ?? this.#offset
    const wantsMore = taken === events.length
    if (!wantsMore && this.#state !== 'closed') this.#state = 'waiting'
    return wantsMore
  }

  /** An error of one subscriber must not reach the others. */
  #take(events: readonly TopicEvent[]): number {
    const { subscriber, authorize } = this.#options
    try {
      authorize()
      return subscriber.take(events)
    } catch (error) {
      this.#fail(error)
      return 0
    }
  }

  #fail(error: unknown): void {
    if (this.#state === 'closed') return
    this.close()
    try {
      this.#options.subscriber.fail(error)
    } catch {
      // The subscriber fails to handle its own end.
    }
  }

  fallBehind(): void {
    if (this.#state === 'closed') return
    this.#state = 'waiting'
    this.resume()
  }

  /** Runs once at a time. A `resume` during its last round makes it continue. */
  async #catchUp(): Promise<void> {
    this.#isCatchingUp = true
    try {
      while (this.#state === 'reading') {
        if (this.#tail.isAt(this.#offset)) this.#follow()
        else await this.#readBatch()
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isCatchingUp = false
    }
  }

  async #readBatch(): Promise<void> {
    const { log, topic, authorize } = this.#options
    authorize()
    const batch = await log.read(topic, this.#offset)
    if (this.#state !== 'reading') return
    if (batch === 'trimmed') await this.#skip()
    else if (batch.events.length === 0) this.#follow()
    else if (this.deliver(batch.events)) await nextTurn()
  }

  /** Joins the tail; reads on when the other followers are further by now. */
  #follow(): void {
    if (!this.#tail.join(this)) return
    this.#state = 'following'
    this.#options.subscriber.caughtUp?.()
  }

  /** Continues at the newest event, because the next one was trimmed. */
  async #skip(): Promise<void> {
    const { log, topic, subscriber, authorize } = this.#options
    const { newest } = await log.range(topic)
    if (this.#state !== 'reading') return
    authorize()
    this.#offset = newest
    subscriber.gap({ position: this.position, recovered: false, reason: 'trimmed' })
  }
}
