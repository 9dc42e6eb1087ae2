/**
 * Following topics. Readers that have caught up share the tail of their topic: each new event is read
 * once and handed to all of them. Whoever can take no more leaves the tail and later reads on from the
 * log, in batches, until it has caught up again. Rings only say when to look, so a lost, repeated or
 * late one changes nothing but the time.
 */
import type { TopicEvent } from './event.ts'
import type { Batch, TopicLog } from './log.ts'
import type { GapReason } from './position.ts'

/** A failed read is tried again after this time, unless a notification comes first. */
const retryMs = 1000

/** Where events are read. */
export interface Source extends Pick<TopicLog, 'range'> {
  read(topic: string, after: number): Promise<Batch> | Batch
}

/** One who follows; the tail gives it what it may take. */
export interface Follower {
  /** Up to where it has taken. */
  readonly offset: number
  /** Takes events that begin right after its offset. False: no more for now. */
  deliver(events: readonly TopicEvent[]): boolean
  /** Must go on by itself: what follows its offset is not at the tail. */
  fallBehind(): void
}

/** The newest end of one topic. */
export class Tail {
  readonly topic: string
  readonly #log: Source
  readonly #followers = new Set<Follower>()
  /** Up to where the followers have been given. */
  #offset = 0
  /** The highest offset of all notifications. */
  #rung = 0
  #isReading = false

  constructor(log: Source, topic: string) {
    this.#log = log
    this.topic = topic
  }

  /** Whether a follower who has taken up to this offset lacks nothing that the others have. */
  isAt(offset: number): boolean {
    return this.#followers.size > 0 && offset >= this.#offset
  }

  get isFollowed(): boolean {
    return this.#followers.size > 0
  }

  /** Follows from now on, unless it lacks what the others have. The log must have nothing after its offset, as far as it knows. */
  join(follower: Follower): boolean {
    if (this.#followers.size === 0) this.#offset = follower.offset
    if (follower.offset < this.#offset) return false
    this.#followers.add(follower)
    if (this.#rung > this.#offset) void this.#readOn()
    return true
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower)
  }

  notify(offset: number): void {
    if (offset > this.#rung) this.#rung = offset
    if (offset > this.#offset) void this.#readOn()
  }

  /** Looks without having been rung. */
  async check(): Promise<void> {
    const { newest } = await this.#log.range(this.topic)
    this.notify(newest)
  }

  async #readOn(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    try {
      while (this.#followers.size > 0 && this.#rung > this.#offset) {
        const from = this.#offset
        const batch = await this.#log.read(this.topic, from)
        // Others may follow by now, from elsewhere.
        if (this.#offset !== from) continue
        if (batch === 'trimmed') this.#letGo()
        else if (batch.events.length === 0) break
        else this.#hand(batch.events)
      }
    } catch {
      setTimeout(() => void this.#readOn(), retryMs)
    } finally {
      this.#isReading = false
    }
  }

  #hand(events: readonly TopicEvent[]): void {
    const before = this.#offset
    this.#offset = events.at(-1)?.offset ?? before
    for (const follower of this.#followers) {
      const known = follower.offset - before
      const fresh = known > 0 ? events.slice(known) : events
      if (fresh.length > 0 && !follower.deliver(fresh)) this.#followers.delete(follower)
    }
  }

  #letGo(): void {
    const all = [...this.#followers]
    this.#followers.clear()
    for (const follower of all) follower.fallBehind()
  }
}

/** Why an offset can't be gone on from; null when it can (see `Position`). */
export function gapAt(offset: number, { oldest, newest }: { oldest: number; newest: number }): GapReason | null {
  if (offset > newest) return 'future'
  return offset + 1 < oldest ? 'trimmed' : null
}
