import type { Caller } from './caller.ts'
import type { ConnectionHost } from './host.ts'
import type { InFlight } from './in-flight.ts'
import type { RequestTarget } from './request-parts.ts'
import type { SendQueue } from './send-queue.ts'

/** One connection, as far as its requests, subscriptions and memberships need it. */
export interface ConnectionContext {
  /** The id of the connection, and of its members. */
  readonly id: string
  readonly host: ConnectionHost
  readonly caller: Caller
  readonly target: RequestTarget
  readonly sendQueue: SendQueue
  readonly inFlight: InFlight
  /** Charges the values of a response that is encoded for this connection alone. */
  chargeValues(values: number): void
  /** The state to persist has changed. */
  changed(): void
  /** A response was sent. */
  onResponse(): void
  /** Ends the connection after a fault of the server; the client reconnects with its positions. */
  broken(error: unknown): void
  /** Ends the connection because the session or key of the caller has ended. */
  signOut(): void
}
