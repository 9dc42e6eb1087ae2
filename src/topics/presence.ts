import { AppError, invalidField } from '../errors.ts'
import { documentDepthMax, isDeeper } from '../http/json.ts'

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

/** Called on each change in a topic. Must not throw. */
type PresenceListener = (change: PresenceChange) => void

/** The members present in each topic, as far as this process knows. Members receive each other's changes, not their own. */
export interface Presence {
  members(topic: string): Member[]
  /**
   * Adds a member and notifies the others.
   * @throws AppError `validation_failed`, `too_many_requests` when the topic is full
   */
  join(topic: string, member: Member, listener: PresenceListener): void
  /** Adds a member that was present before, without a notification. */
  restore(topic: string, member: Member, listener: PresenceListener): void
  /** @throws AppError `validation_failed` */
  update(topic: string, id: string, state: unknown): void
  leave(topic: string, id: string): void
}

/** Members of one topic. Each change goes to all of them. */
export const membersMax = 1000
const nameLengthMax = 64
const stateBytesMax = 1024

interface Present {
  member: Member
  listener: PresenceListener
}

export function createPresence(): Presence {
  const topics = new Map<string, Map<string, Present>>()

  function add(topic: string, member: Member, listener: PresenceListener): void {
    const present = topics.get(topic) ?? new Map<string, Present>()
    present.set(member.id, { member, listener })
    topics.set(topic, present)
  }

  function notify(topic: string, type: PresenceChange['type'], member: Member): void {
    const change: PresenceChange = { topic, type, member }
    for (const { member: other, listener } of topics.get(topic)?.values() ?? []) {
      if (other.id !== member.id) listener(change)
    }
  }

  return {
    members: (topic) => Array.from(topics.get(topic)?.values() ?? [], ({ member }) => member),
    join(topic, member, listener) {
      checkName(member.name)
      checkState(member.state)
      if ((topics.get(topic)?.size ?? 0) >= membersMax) {
        throw new AppError('too_many_requests', `The topic is full: it has ${membersMax} members.`)
      }
      add(topic, member, listener)
      notify(topic, 'join', member)
    },
    restore: add,
    update(topic, id, state) {
      checkState(state)
      const present = topics.get(topic)?.get(id)
      if (present === undefined) return
      present.member = { ...present.member, state }
      notify(topic, 'update', present.member)
    },
    leave(topic, id) {
      const present = topics.get(topic)
      const gone = present?.get(id)
      if (present === undefined || gone === undefined) return
      present.delete(id)
      if (present.size === 0) topics.delete(topic)
      notify(topic, 'leave', gone.member)
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
