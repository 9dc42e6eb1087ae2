import { AppError } from '../errors.ts'
import type { Notifier } from '../ports/notifier.ts'
import type { Peer } from '../request/context.ts'
import { type Identity, isExpired } from '../request/identity.ts'
import { AccessSweep, type Authorize } from './access-sweep.ts'
import type { EventExpander } from './event-expander.ts'
import type { TopicLog } from './log.ts'
import type { Position, Start } from './position.ts'
import { Reader } from './reader.ts'
import { createRecentReads } from './recent.ts'
import type { Subscriber, Subscription } from './subscription.ts'
import { gapAt, Tail } from './tail.ts'

/** The topics of a server, to read and to follow. */
export interface Topics {
  readonly epoch: string
  /** The position of a topic's newest event. @throws AppError as `subscribe` does */
  position(topic: string, principal: Identity | null, expand?: string | null): Promise<Position>
  /**
   * Follows a topic after a position, or from now on. Resolves with the start; events come after the first `resume`, so
   * that the subscriber can send the start before them.
   * @throws AppError `not_found`, `unauthorized`, `forbidden`, `busy`, `validation_failed` for an `expand` that the topic does not have
   */
  subscribe(request: Subscribe): Promise<{ start: Start; subscription: Subscription }>
}

export interface Subscribe {
  topic: string
  principal: Identity | null
  after: Position | null
  subscriber: Subscriber
  /** References whose rows are put into the data of events, as in `patient,doctor.clinic`. */
  expand?: string | null
  /** The connection of the client, whose rate limit pays for that. */
  peer?: Peer | null
}

export interface TopicsOptions {
  log: TopicLog
  notifier: Notifier
  /** Milliseconds since 1970. */
  now?(): number
  /** True if the credential was revoked after its identity was read. */
  isRevoked?(identity: Identity): boolean
  /** Available once the server has started. */
  epoch(): string
  /** Asked at the start, before each delivery, and by the sweep. */
  authorize: Authorize
  sweep?: AccessSweep
  expander: EventExpander
}

/** Subscriptions of all connections, streams and polls together; each takes some hundred bytes. */
const readersMax = 262_144

export function createTopics({
  log,
  notifier,
  epoch,
  authorize,
  now = Date.now,
  isRevoked = () => false,
  sweep = new AccessSweep(),
  expander,
}: TopicsOptions): Topics {
  const source = { range: log.range, read: createRecentReads(log) }
  const tails = new Map<string, { tail: Tail; readers: number }>()
  let readers = 0
  let check: ReturnType<typeof setInterval> | undefined

  notifier.listen((topic, offset) => tails.get(topic)?.tail.notify(offset))

  function acquire(topic: string): Tail {
    const shared = tails.get(topic) ?? { tail: new Tail(source, topic), readers: 0 }
    shared.readers += 1
    readers += 1
    tails.set(topic, shared)
    if (notifier.checkMs !== null) check ??= setInterval(checkAll, notifier.checkMs)
    return shared.tail
  }

  function release(topic: string): void {
    const shared = tails.get(topic)
    if (!shared) return
    shared.readers -= 1
    readers -= 1
    if (shared.readers === 0) tails.delete(topic)
    if (tails.size > 0) return
    clearInterval(check)
    check = undefined
  }

  function checkAll(): void {
    for (const { tail } of tails.values()) if (tail.isFollowed) tail.check().catch(() => {})
  }

  async function startAt(topic: string, after: Position | null): Promise<Start> {
    const range = await log.range(topic)
    const newest = { epoch: epoch(), offset: range.newest }
    if (after === null) return { position: newest, recovered: true }
    const reason = after.epoch === epoch() ? gapAt(after.offset, range) : 'epoch'
    return reason === null ? { position: after, recovered: true } : { position: newest, recovered: false, reason }
  }

  function permit(topic: string, principal: Identity | null): void {
    if (isExpired(principal, now) || (principal !== null && isRevoked(principal))) throw new AppError('unauthorized')
    authorize(topic, principal)
  }

  return {
    get epoch() {
      return epoch()
    },
    async position(topic, principal, expand = null) {
      authorize(topic, principal)
      expander.prepare(topic, expand, { identity: principal, peer: null })
      return { epoch: epoch(), offset: (await log.range(topic)).newest }
    },
    async subscribe({ topic, principal, after, subscriber, expand = null, peer = null }) {
      authorize(topic, principal)
      const expandEvents = expander.prepare(topic, expand, { identity: principal, peer })
      if (readers >= readersMax) throw new AppError('busy')
      const start = await startAt(topic, after)
      permit(topic, principal)
      const reader: Reader = new Reader({
        log: source,
        topic,
        epoch: epoch(),
        subscriber,
        expand: expandEvents,
        offset: start.position.offset,
        authorize: () => permit(topic, principal),
        acquire: () => acquire(topic),
        release: () => {
          release(topic)
          sweep.delete(reader)
        },
      })
      sweep.add(reader)
      return { start, subscription: reader }
    },
  }
}
