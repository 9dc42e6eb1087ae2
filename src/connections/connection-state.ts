import type { Identity } from '../request/identity.ts'

/** The state that a connection needs to resume after hibernation: plain JSON, a few hundred bytes a subscription. */
export interface ConnectionState {
  id: string
  /** True if no message has been received yet. */
  isFresh: boolean
  /** The identity of the caller; null when anonymous. */
  identity: Identity | null
  subscriptions: SubscriptionState[]
  memberships: MembershipState[]
}

export interface SubscriptionState {
  topic: string
  window: number
  /** References to expand in events; missing for none. */
  expand?: string
  epoch: string
  /** The offset of the last acknowledged event. */
  acked: number
  /** Null while events are sent live; else the offset at which sending stopped for want of an `ack`. */
  behind: number | null
}

export interface MembershipState {
  topic: string
  name: string
  state: unknown
}
