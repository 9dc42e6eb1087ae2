import { AppError } from '../errors.ts'
import type { ClientKeys } from '../limits/client-keys.ts'
import { KeyedQueue } from '../limits/keyed-queue.ts'
import type { Member, Participant, PresenceChange } from '../topics/presence.ts'
import type { MembershipState } from './connection-state.ts'
import type { ConnectionContext } from './context.ts'
import type { Encoded, Format } from './format.ts'
import { membershipsMax } from './limits.ts'
import { loseAccess } from './lose-access.ts'
import { bad, readName, readTopic } from './params.ts'
import type { Respond } from './subscriptions.ts'

type Params = Readonly<Record<string, unknown>>

/** The topics that one connection is present in. */
export class Memberships {
  readonly #context: ConnectionContext
  readonly #joined = new Map<string, Member>()
  readonly #queue = new KeyedQueue()
  /** Topics whose changes were skipped while the channel was blocked. */
  readonly #missed = new Set<string>()

  constructor(context: ConnectionContext) {
    this.#context = context
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
      this.#find(topic)
      this.#charge(topic, 1)
      this.#context.host.presence.update(topic, this.#find(topic).id, state)
      this.#joined.set(topic, { ...this.#find(topic), state })
      this.#context.changed()
      respond({})
    })
  }

  /** @throws MessageError -32602 */
  async leave(params: Params, respond: Respond): Promise<void> {
    const topic = readTopic(params)
    await this.#queue.run(topic, async () => {
      const { id } = this.#find(topic)
      this.#exit(topic, id)
      this.#context.changed()
      respond({})
    })
  }

  restore({ topic, name, state }: MembershipState): void {
    const member = this.#member(name, state)
    this.#joined.set(topic, member)
    this.#context.host.membershipQuota.take(this.#keysIn(topic))
    this.#context.host.presence.restore(topic, member, this.#participant())
  }

  /** Continues after the channel has drained. */
  proceed(): void {
    const { sendQueue, host } = this.#context
    for (const topic of this.#missed) {
      if (sendQueue.isBlocked) return
      this.#missed.delete(topic)
      if (!this.#joined.has(topic)) continue
      sendQueue.notify('presence', { topic, type: 'members', members: host.presence.members(topic) })
    }
  }

  close(): void {
    for (const [topic, { id }] of this.#joined) this.#exit(topic, id)
  }

  async #enter(topic: string, member: Member, respond: Respond): Promise<void> {
    const { host, caller, changed } = this.#context
    const { topics, presence } = host
    await topics.position(topic, caller.identity)
    // A member pays for its leave when it joins, because it may always leave.
    this.#charge(topic, 2)
    this.#take(topic)
    try {
      presence.join(topic, member, this.#participant())
    } catch (error) {
      this.#context.host.membershipQuota.give(this.#keysIn(topic))
      throw error
    }
    this.#joined.set(topic, member)
    if (respond({ topic, member, members: presence.members(topic) })) changed()
    else this.#exit(topic, member.id)
  }

  #member(name: string, state: unknown): Member {
    const { id, caller } = this.#context
    return { id, user: caller.identity?.userId ?? null, name, state }
  }

  #take(topic: string): void {
    if (this.#context.host.membershipQuota.take(this.#keysIn(topic))) return
    throw new AppError('too_many_requests', 'There are too many members from one network.')
  }

  /** Charges so many changes by the members who are notified of them. @throws AppError `too_many_requests` */
  #charge(topic: string, changes: number): void {
    const { host, caller } = this.#context
    if (!caller.mayNotify(changes * host.presence.count(topic)))
      throw new AppError('too_many_requests', 'The topic has many members: notify them less often.')
  }

  #keysIn(topic: string): ClientKeys {
    return this.#context.caller.keys.map((key) => `${topic} ${key}`)
  }

  #exit(topic: string, id: string): void {
    this.#joined.delete(topic)
    this.#context.host.membershipQuota.give(this.#keysIn(topic))
    this.#context.host.presence.leave(topic, id)
  }

  #find(topic: string): Member {
    const member = this.#joined.get(topic)
    if (member === undefined) throw bad('topic', 'is not joined')
    return member
  }

  #participant(): Participant {
    return { principal: this.#context.caller.identity, notify: this.#notify, remove: this.#remove }
  }

  readonly #remove = (topic: string, error: unknown): void => {
    if (!this.#joined.delete(topic)) return
    this.#missed.delete(topic)
    this.#context.host.membershipQuota.give(this.#keysIn(topic))
    loseAccess(this.#context, error, 'left', { topic })
  }

  readonly #notify = (change: PresenceChange): void => {
    const { sendQueue, caller } = this.#context
    if (caller.isExpired) return
    // A client that reads nothing gets the whole list later, and fills no memory.
    if (sendQueue.isBlocked) this.#missed.add(change.topic)
    else sendQueue.send(encoded(change, sendQueue.format))
  }
}

const forms = new WeakMap<PresenceChange, Map<Format, Encoded>>()

/** Encodes a change once for all its receivers. */
function encoded(change: PresenceChange, format: Format): Encoded {
  const known = forms.get(change) ?? new Map<Format, Encoded>()
  forms.set(change, known)
  const found = known.get(format)
  if (found !== undefined) return found
  const made = format.encode({ jsonrpc: '2.0', method: 'presence', params: change })
  known.set(format, made)
  return made
}
