/** What a session must know to go on after its memory is gone: plain JSON, a few hundred bytes for each subscription. */
export interface SessionState {
  id: string
  subscriptions: SubscriptionState[]
  memberships: MembershipState[]
}

export interface SubscriptionState {
  topic: string
  window: number
  /** The offset of the last acknowledged event. */
  acked: number
  /** Null while everything is sent as it happens; else where it stopped for want of an `ack`. */
  behind: { epoch: string; offset: number } | null
}

export interface MembershipState {
  topic: string
  name: string
  state: unknown
}
