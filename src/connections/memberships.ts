import { AppError } from '../errors.ts'
import { KeyedQueue } from '../limits/keyed-queue.ts'
import { isExpired } from '../request/identity.ts'
import type { Member, Presence, PresenceChange } from '../topics/presence.ts'
import type { Topics } from '../topics/topics.ts'
import type { Caller } from './caller.ts'
import type { MembershipState } from './connection-state.ts'
import type { Encoded, Format } from './format.ts'
import { membershipsMax } from './limits.ts'
import { bad, readName, readTopic } from './params.ts'
import type { Quota } from './quota.ts'
import type { SendQueue } from './send-queue.ts'
import type { Respond } from './subscriptions.ts'

type Params = Readonly<Record<string, unknown>>

export interface MembershipsOptions {
  /** The id of the connection, and of its members. */
  id: string
  caller: Caller
  topics: Topics
  presence: Presence
  sendQueue: SendQueue
  /** The state to persist has changed. */
  changed(): void
  now(): number
  /** Members of one topic, by topic and client. */
  quota: Quota
  /** Returns the key of the client; null for one that is not counted. */
  key(): string | null
}

/** The topics that one connection is present in. */
export class Memberships {
  readonly #options: MembershipsOptions
  readonly #joined = new Map<string, Member>()
  readonly #queue = new KeyedQueue()
  /** Topics whose changes were skipped while the channel was blocked. */
  readonly #missed = new Set<string>()

  constructor(options: MembershipsOptions) {
    this.#options = options
  }

  get state(): MembershipState[] {
    return Array.from(this.#joined, ([topic, { name, state }]) => ({ topic, name, state }))
  }

  /** @throws MessageError -32602; AppError of the topic */
  async join(params: Params, respond: Respond): Promise<void> {
    const topic = readTopic(params)
    const { state = null } = params
    const member = this.#member(readName(params), state)
    await this.#queue.run(topic, async () => {
      if (this.#joined.has(topic)) throw bad('topic', 'is joined already')
      if (this.#joined.size + this.#queue.size > membershipsMax) {
        throw new AppError('too_many_requests', `A connection may join at most ${membershipsMax} topics.`)
      }
      await this.#enter(topic, member, respond)
    })
  }

  /** @throws MessageError -32602 */
  async update(params: Params, respond: Respond): Promise<void> {
    const topic = readTopic(params)
    const { state = null } = params
    await this.#queue.run(topic, async () => {
      const member = this.#find(topic)
      this.#options.presence.update(topic, member.id, state)
      this.#joined.set(topic, { ...member, state })
      this.#options.changed()
      respond({})
    })
  }

  /** @throws MessageError -32602 */
  async leave(params: Params, respond: Respond): Promise<void> {
    const topic = readTopic(params)
    await this.#queue.run(topic, async () => {
      const { id } = this.#find(topic)
      this.#exit(topic, id)
      this.#options.changed()
      respond({})
    })
  }

  restore({ topic, name, state }: MembershipState): void {
    const member = this.#member(name, state)
    this.#joined.set(topic, member)
    this.#options.quota.take(this.#keyIn(topic))
    this.#options.presence.restore(topic, member, this.#tell)
  }

  /** Continues after the channel has drained. */
  proceed(): void {
    const { sendQueue, presence } = this.#options
    for (const topic of this.#missed) {
      if (sendQueue.isBlocked) return
      this.#missed.delete(topic)
      if (!this.#joined.has(topic)) continue
      sendQueue.notify('presence', { topic, type: 'members', members: presence.members(topic) })
    }
  }

  close(): void {
    for (const [topic, { id }] of this.#joined) this.#exit(topic, id)
  }

  async #enter(topic: string, member: Member, respond: Respond): Promise<void> {
    const { topics, caller, presence, changed } = this.#options
    await topics.position(topic, caller.identity)
    this.#take(topic)
    try {
      presence.join(topic, member, this.#tell)
    } catch (error) {
      this.#options.quota.give(this.#keyIn(topic))
      throw error
    }
    this.#joined.set(topic, member)
    if (respond({ topic, member, members: presence.members(topic) })) changed()
    else this.#exit(topic, member.id)
  }

  #member(name: string, state: unknown): Member {
    const { id, caller } = this.#options
    return { id, user: caller.identity?.userId ?? null, name, state }
  }

  #take(topic: string): void {
    if (this.#options.quota.take(this.#keyIn(topic))) return
    throw new AppError('too_many_requests', 'Too many members of this topic come from your client.')
  }

  #keyIn(topic: string): string | null {
    const key = this.#options.key()
    return key === null ? null : `${topic} ${key}`
  }

  #exit(topic: string, id: string): void {
    this.#joined.delete(topic)
    this.#options.quota.give(this.#keyIn(topic))
    this.#options.presence.leave(topic, id)
  }

  #find(topic: string): Member {
    const member = this.#joined.get(topic)
    if (member === undefined) throw bad('topic', 'is not joined')
    return member
  }

  readonly #tell = (change: PresenceChange): void => {
    const { sendQueue, caller, now } = this.#options
    if (isExpired(caller.identity, now)) return
    // A blocked channel gets the list of members once it drains, so that changes need no buffer.
    if (sendQueue.isBlocked) this.#missed.add(change.topic)
    else sendQueue.send(encoded(change, sendQueue.format))
  }
}

const forms = new WeakMap<PresenceChange, Map<Format, Encoded>>()

/** Encoded once for all subscribers. */
function encoded(change: PresenceChange, format: Format): Encoded {
  const known = forms.get(change) ?? new Map<Format, Encoded>()
  forms.set(change, known)
  const found = known.get(format)
  if (found !== undefined) return found
  const made = format.encode({ jsonrpc: '2.0', method: 'presence', params: change })
  known.set(format, made)
  return made
}
