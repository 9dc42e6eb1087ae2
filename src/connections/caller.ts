import type { ClientKeys } from '../limits/client-keys.ts'
import type { Peer } from '../request/context.ts'
import { type Identity, isExpired } from '../request/identity.ts'
import type { ConnectionHost } from './host.ts'
import { frameUnits, notifiedPerUnit, overLimitFramesMax } from './limits.ts'

/** The client at the other end of a connection, and its rate limit. */
export class Caller {
  /** Known at the start of the connection, or after `hello` with a token. */
  identity: Identity | null = null
  readonly peer: Peer | null
  readonly #host: ConnectionHost
  /** Frames over the rate limit, less those within it since then. */
  #overLimitFrames = 0
  /** True if the last frame was over the rate limit. */
  #isOverLimit = false

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

  /** The widest network that limits count by, whoever has signed in; null for a client that is not limited. */
  get network(): string | null {
    return this.#host.keysOf(null, this.peer).at(-1) ?? null
  }

  /**
   * Charges received frames, and units for their content. Tolerates some over the limit, because a lost `ack` or `ping`
   * would harm a well-behaved client; false when there are too many.
   */
  maySend(frames: number, units: number): boolean {
    this.#isOverLimit = !this.#charge(frames * frameUnits + units)
    const weight = frames + units
    this.#overLimitFrames = Math.max(0, this.#overLimitFrames + (this.#isOverLimit ? weight : -weight))
    return this.#overLimitFrames <= overLimitFramesMax
  }

  /** Charges a call, and refuses it where its message was over the limit already. */
  mayCall(): boolean {
    return !this.#isOverLimit && this.#charge(1)
  }

  /** Charges the notification of so many members, by one or more changes. */
  mayNotify(members: number): boolean {
    return this.#charge(members / notifiedPerUnit)
  }

  #charge(units: number): boolean {
    return this.#host.takeUnits(this.identity, this.peer, units)
  }
}
