/** Somebody who is in a topic. */
export interface Member {
  id: string
  name: string
  state: unknown
}

export interface PresenceChange {
  topic: string
  type: 'join' | 'update' | 'leave'
  member: Member
}

/** Who is in which topic, as far as this process knows. */
export interface Presence {
  members(topic: string): Member[]
}

export function createPresence(): Presence {
  return { members: () => [] }
}
