import type { Identity } from '../request/identity.ts'

/** What a session must know to go on after its memory is gone: plain JSON, a few hundred bytes for each subscription. */
export interface ConnectionState {
  id: string
  /** Whether no message has come yet. */
  isFresh: boolean
  /** Who is at its other end; null for nobody known. */
  identity: Identity | null
  subscriptions: SubscriptionState[]
  memberships: MembershipState[]
}

export interface SubscriptionState {
  topic: string
  window: number
  epoch: string
  /** The offset of the last acknowledged event. */
  acked: number
  /** Null while everything is sent as it happens; else the offset where it stopped for want of an `ack`. */
  behind: number | null
}

export interface MembershipState {
  topic: string
  name: string
  state: unknown
}
