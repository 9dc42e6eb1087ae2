import { AppError, invalidField } from '../errors.ts'
import { documentDepthMax, isDeeper } from '../http/json.ts'
import type { Identity } from '../request/identity.ts'
import { AccessSweep, type Authorize } from './access-sweep.ts'

/** A member who is present in a topic. */
export interface Member {
  /** The id of the connection. */
  id: string
  /** The id of the signed-in user, which a client can't choose; null without one. */
  user: string | null
  /** 1 to 64 characters, chosen by the client. */
  name: string
  /** JSON of 1 KiB at most, chosen by the client; null without one. */
  state: unknown
}

export interface PresenceChange {
  readonly topic: string
  readonly type: 'join' | 'update' | 'leave'
  readonly member: Member
}

/** The connection of a member. Its methods must not throw. */
export interface Participant {
  readonly principal: Identity | null
  /** Receives each change in the topic. */
  notify(change: PresenceChange): void
  /** The member may not read the topic any more, and has left. */
  remove(topic: string, error: unknown): void
}

/**
 * The members present in each topic, as far as this process knows. Members receive each other's changes, not their own. A member
 * whose access was withdrawn leaves before anything else happens, or within a second.
 */
export interface Presence {
  members(topic: string): Member[]
  /** The number of members, each of whom is notified of a change. */
  count(topic: string): number
  /**
   * Adds a member and notifies the others.
   * @throws AppError `validation_failed`, `too_many_requests` when the topic is full
   */
  join(topic: string, member: Member, participant: Participant): void
  /** Adds a member that was present before, without a notification. */
  restore(topic: string, member: Member, participant: Participant): void
  /** @throws AppError `validation_failed` */
  update(topic: string, id: string, state: unknown): void
  leave(topic: string, id: string): void
}

export interface PresenceOptions {
  authorize?: Authorize
  sweep?: AccessSweep
}

/** Members of one topic. Each change goes to all of them. */
export const membersMax = 1000
const nameLengthMax = 64
const stateBytesMax = 1024

/** The members of one topic. */
class TopicMembers {
  readonly #topic: string
  readonly #authorize: Authorize
  readonly present = new Map<string, { member: Member; participant: Participant }>()

  constructor(topic: string, authorize: Authorize) {
    this.#topic = topic
    this.#authorize = authorize
  }

  /** Removes the members whose access was withdrawn. */
  checkAccess(): void {
    const removed = [...this.present.values()].flatMap((each) => {
      const refused = this.#refusal(each.participant)
      return refused === null ? [] : [{ ...each, ...refused }]
    })
    for (const { member } of removed) this.present.delete(member.id)
    for (const { member, participant, error } of removed) {
      participant.remove(this.#topic, error)
      this.notify('leave', member)
    }
  }

  notify(type: PresenceChange['type'], member: Member): void {
    const change: PresenceChange = { topic: this.#topic, type, member }
    for (const { member: other, participant } of this.present.values()) {
      if (other.id !== member.id) participant.notify(change)
    }
  }

  #refusal({ principal }: Participant): { error: unknown } | null {
    try {
      this.#authorize(this.#topic, principal)
      return null
    } catch (error) {
      return { error }
    }
  }
}

export function createPresence({ authorize = () => {}, sweep = new AccessSweep() }: PresenceOptions = {}): Presence {
  const topics = new Map<string, TopicMembers>()
  const checked = {
    checkAccess() {
      for (const topic of topics.keys()) current(topic)
    },
  }

  /** The topic as it is after those have left whose access was withdrawn. */
  function current(topic: string): TopicMembers | null {
    topics.get(topic)?.checkAccess()
    dropIfEmpty(topic)
    return topics.get(topic) ?? null
  }

  function dropIfEmpty(topic: string): void {
    if (topics.get(topic)?.present.size === 0) topics.delete(topic)
    if (topics.size === 0) sweep.delete(checked)
  }

  function add(topic: string, member: Member, participant: Participant): TopicMembers {
    const members = topics.get(topic) ?? new TopicMembers(topic, authorize)
    members.present.set(member.id, { member, participant })
    topics.set(topic, members)
    sweep.add(checked)
    return members
  }

  return {
    members: (topic) => Array.from(current(topic)?.present.values() ?? [], ({ member }) => member),
    count: (topic) => topics.get(topic)?.present.size ?? 0,
    join(topic, member, participant) {
      checkName(member.name)
      checkState(member.state)
      if ((current(topic)?.present.size ?? 0) >= membersMax) {
        throw new AppError('too_many_requests', `The topic is full: it has ${membersMax} members.`)
      }
      add(topic, member, participant).notify('join', member)
    },
    restore: add,
    update(topic, id, state) {
      checkState(state)
      const members = current(topic)
      const present = members?.present.get(id)
      if (!members || !present) return
      present.member = { ...present.member, state }
      members.notify('update', present.member)
    },
    leave(topic, id) {
      const members = current(topic)
      const gone = members?.present.get(id)
      if (!members || !gone) return
      members.present.delete(id)
      dropIfEmpty(topic)
      members.notify('leave', gone.member)
    },
  }
}

function checkName(name: string): void {
  if (name.trim() !== '' && name.length <= nameLengthMax) return
  throw invalidField('name', 'length', `must have 1 to ${nameLengthMax} characters`)
}

function checkState(state: unknown): void {
  const text = JSON.stringify(state)
  const bytes = new TextEncoder().encode(text).byteLength
  if (bytes > stateBytesMax) throw invalidField('state', 'too_long', `must be ${stateBytesMax} bytes of JSON or fewer`)
  if (isDeeper(text, documentDepthMax)) {
    throw invalidField('state', 'too_deep', `must not be nested deeper than ${documentDepthMax} levels`)
  }
}
