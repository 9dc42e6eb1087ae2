import type { ClientKeys } from '../limits/client-keys.ts'
import type { Peer } from '../request/context.ts'
import { type Identity, isExpired } from '../request/identity.ts'
import type { Encoded } from './format.ts'
import type { ConnectionHost } from './host.ts'
import { messageUnits, notifiedPerUnit, overLimitMessagesMax, unitBytes } from './limits.ts'

/** The client at the other end of a connection, and its rate limit. */
export class Caller {
  /** Known at the start of the connection, or after `hello` with a token. */
  identity: Identity | null = null
  readonly peer: Peer | null
  readonly #host: ConnectionHost
  /** Messages in a row that were over the rate limit. */
  #overLimitCount = 0

  constructor(host: ConnectionHost, peer: Peer | null) {
    this.#host = host
    this.peer = peer
  }

  get isExpired(): boolean {
    return isExpired(this.identity, this.#host.now)
  }

  get isRevoked(): boolean {
    return this.identity !== null && this.#host.isRevoked(this.identity)
  }

  /** The keys that quotas count by; none for a caller that is not counted. */
  get keys(): ClientKeys {
    return this.#host.keysOf(this.identity, this.peer)
  }

  /** Charges a message. Tolerates some over the limit, because a lost `ack` or `ping` would harm a well-behaved client. */
  maySend(message: Encoded): boolean {
    const isWithin = this.#charge(messageUnits + message.length / unitBytes)
    this.#overLimitCount = isWithin ? 0 : this.#overLimitCount + 1
    return this.#overLimitCount <= overLimitMessagesMax
  }

  /** Charges a call, and refuses it where its message was over the limit already. */
  mayCall(): boolean {
    return this.#overLimitCount === 0 && this.#charge(1)
  }

  /** Charges the notification of so many members, by one or more changes. */
  mayNotify(members: number): boolean {
    return this.#charge(members / notifiedPerUnit)
  }

  #charge(units: number): boolean {
    return this.#host.takeUnits(this.identity, this.peer, units)
  }
}
