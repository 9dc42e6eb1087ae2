/**
 * Following topics. Followers that have caught up share the tail of their topic: each new event is read once and delivered
 * to all of them. A follower that can take no more leaves the tail and later reads on from the log, in batches, until it
 * has caught up again. Notifications only say when to look: a lost, repeated or late one changes nothing but the time.
 */
import type { TopicEvent } from './event.ts'
import type { Batch, TopicLog } from './log.ts'
import type { GapReason } from './position.ts'

/** The delay before a failed read is retried, unless a notification comes first. */
const retryMs = 1000

/** The reads that a tail and its followers need. */
export interface Source extends Pick<TopicLog, 'range'> {
  read(topic: string, after: number): Promise<Batch> | Batch
}

/** Receives the events of a tail. */
export interface Follower {
  /** The offset of the last event taken. */
  readonly offset: number
  /** Takes events that begin right after its offset. Returns false when it can take no more for now. */
  deliver(events: readonly TopicEvent[]): boolean
  /** Leaves the tail, since the events after its offset are not there. */
  fallBehind(): void
}

/** The newest end of one topic. */
export class Tail {
  readonly topic: string
  readonly #log: Source
  readonly #followers = new Set<Follower>()
  /** The offset of the last event delivered. */
  #offset = 0
  /** The highest offset of a notification. */
  #notified = 0
  #isReading = false

  constructor(log: Source, topic: string) {
    this.#log = log
    this.topic = topic
  }

  /** Tests whether a follower at this offset has all events that the others have. */
  isAt(offset: number): boolean {
    return this.#followers.size > 0 && offset >= this.#offset
  }

  get isFollowed(): boolean {
    return this.#followers.size > 0
  }

  /** Adds a follower that has read the log to its end; returns false when the others are further by now. */
  join(follower: Follower): boolean {
    if (this.#followers.size === 0) this.#offset = follower.offset
    if (follower.offset < this.#offset) return false
    this.#followers.add(follower)
    if (this.#notified > this.#offset) void this.#readOn()
    return true
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower)
  }

  notify(offset: number): void {
    if (offset > this.#notified) this.#notified = offset
    if (offset > this.#offset) void this.#readOn()
  }

  /** Looks for new events without a notification. */
  async check(): Promise<void> {
    const { newest } = await this.#log.range(this.topic)
    this.notify(newest)
  }

  async #readOn(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    try {
      while (this.#followers.size > 0 && this.#notified > this.#offset) {
        const from = this.#offset
        const batch = await this.#log.read(this.topic, from)
        // Meanwhile all followers may have left, and others joined at another offset.
        if (this.#offset !== from) continue
        if (batch === 'trimmed') this.#dropAll()
        else if (batch.events.length === 0) break
        else this.#deliver(batch.events)
      }
    } catch {
      setTimeout(() => void this.#readOn(), retryMs)
    } finally {
      this.#isReading = false
    }
  }

  #deliver(events: readonly TopicEvent[]): void {
    const before = this.#offset
    this.#offset = events.at(-1)?.offset ?? before
    for (const follower of this.#followers) {
      const known = follower.offset - before
      const fresh = known > 0 ? events.slice(known) : events
      if (fresh.length > 0 && !follower.deliver(fresh)) this.#followers.delete(follower)
    }
  }

  #dropAll(): void {
    const all = [...this.#followers]
    this.#followers.clear()
    for (const follower of all) follower.fallBehind()
  }
}

/** The reason why reading can't continue after an offset; null when it can. */
export function gapAt(offset: number, { oldest, newest }: { oldest: number; newest: number }): GapReason | null {
  if (offset > newest) return 'future'
  return offset + 1 < oldest ? 'trimmed' : null
}
