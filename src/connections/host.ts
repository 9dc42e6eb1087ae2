import type { ClientKeys } from '../limits/client-keys.ts'
import type { IncompleteBytes } from '../limits/incomplete-bytes.ts'
import type { RequestMaker } from '../ports/request-maker.ts'
import type { Peer } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import type { Presence } from '../topics/presence.ts'
import type { Topics } from '../topics/topics.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { Quota } from './quota.ts'

/** The services of a server that its connections use. */
export interface ConnectionServices {
  /** The fetch handler of the app, given the identity of the caller. */
  fetch(request: Request, peer: Peer | null, identity: Identity | null): Response | Promise<Response>
  topics: Topics
  presence: Presence
  /** May make requests faster than the runtime's own class. */
  makeRequest: RequestMaker
  /** Returns the body of a response when its text is in memory, so that no promise is needed; else null. */
  textOf(response: Response): string | null
  /** Returns the identity of a token. @throws AppError `unauthorized` */
  identify(token: string): Identity | Promise<Identity>
  /** Returns whether the credential of an identity has been revoked. */
  isRevoked(identity: Identity): boolean
  /** Milliseconds since 1970. */
  now(): number
  /** Takes rate limit units of a caller; false when there are too few. */
  takeUnits(who: Identity | null, peer: Peer | null, units: number): boolean
  /** Returns the keys that a caller is counted by; none for one that is not counted. */
  keysOf(who: Identity | null, peer: Peer | null): ClientKeys
  /** Shared with the bodies of requests. */
  incompleteBytes: IncompleteBytes
  /** Reports a fault of the server. */
  problem(error: unknown): void
}

/** Everything that the connections of a server share. */
export interface ConnectionHost extends ConnectionServices {
  subscriptionQuota: Quota
  membershipQuota: Quota
  /** Null where the runtime sends heartbeats. */
  heartbeats: Heartbeats | null
  /** The interval sent to clients. */
  heartbeatMs: number
}
