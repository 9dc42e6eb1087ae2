import type { Peer } from '../request/context.ts'
import { adminRole, type Identity } from '../request/identity.ts'
import { createClientKey } from './client-key.ts'
import { type CostTable, createCosts } from './costs.ts'
import type { RateLimitDecision } from './decisions.ts'
import type { Overload } from './overload.ts'
import { createRateLimits, type RateLimits } from './rate-limits.ts'

export interface AdmissionControlOptions {
  /** True if clients are limited. */
  isLimiting: boolean
  /** Buckets that are stored outside this process's memory. */
  limits?: RateLimits | undefined
  /** Null where the runtime sheds load itself, as Workers do. */
  overload: Overload | null
  costs?: CostTable
  /** Fills the array with random bytes fit for secrets, and returns it. */
  random(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
  /** Milliseconds, from a clock that never jumps. */
  now?(): number
}

/** This many users at their limit may share a network: accounts are easily made. */
const usersPerNetwork = 4

/** Rate limits and load shedding: asked once for each request, before all else, and once for each message of a connection. */
export class AdmissionControl {
  readonly #now: () => number
  /** The arrival of the last request: reading a clock costs as much as the rest of this class. */
  #nowMs = 0
  readonly #isLimiting: boolean
  #limits: RateLimits | null
  readonly #overload: Overload | null
  readonly #random: AdmissionControlOptions['random']
  readonly #keyOf = createClientKey()
  readonly #costOf: (method: string, route: string) => number

  constructor(options: AdmissionControlOptions) {
    const { isLimiting, limits = null, overload, costs = {}, random, now = () => performance.now() } = options
    this.#now = now
    this.#isLimiting = isLimiting
    this.#limits = limits
    this.#overload = overload
    this.#random = random
    this.#costOf = createCosts(costs)
  }

  /** Reads the clock at the arrival of a request or a message, and returns the time. */
  arrive(): number {
    this.#nowMs = this.#now()
    return this.#nowMs
  }

  /** True if the server is so far behind that it should refuse the request that has just arrived. */
  get isOverloaded(): boolean {
    return this.#overload?.refuses(this.#nowMs) ?? false
  }

  /** The key of the client's bucket; null for clients without a limit. */
  keyOf(identity: Identity | null, peer: Peer | null): string | null {
    return this.#isLimiting ? this.#keyOf(identity?.userId ?? null, peer) : null
  }

  /** Takes units from the client's bucket, and a share from its network's. Null for clients without a limit. */
  take(identity: Identity | null, peer: Peer | null, units = 1): RateLimitDecision | Promise<RateLimitDecision> | null {
    if (!this.#isLimiting) return null
    const key = this.#keyOf(identity?.userId ?? null, peer)
    if (key === null) return null
    const decision = this.#buckets.take(key, units)
    if (identity === null || decision instanceof Promise || !decision.isAllowed) return decision
    const network = this.#keyOf(null, peer)
    const shared = network === null ? decision : this.#buckets.take(`users of ${network}`, units / usersPerNetwork)
    return shared instanceof Promise || shared.isAllowed ? decision : shared
  }

  /** Charges the cost of a route beyond the one unit that every request costs. */
  charge(identity: Identity | null, peer: Peer | null, method: string, route: string): void {
    if (!this.#isLimiting) return
    const units = this.#costOf(method, route) - 1
    if (units <= 0) return
    const key = this.#keyOf(identity?.userId ?? null, peer)
    if (key !== null) this.#buckets.charge(key, units)
  }

  /** Made at the first request, because Workers have no randomness before it. */
  get #buckets(): RateLimits {
    if (this.#limits !== null) return this.#limits
    const [a = 0, b = 0] = new Uint32Array(this.#random(new Uint8Array(8)).buffer)
    this.#limits = createRateLimits({ seeds: [a, b], now: () => this.#nowMs })
    return this.#limits
  }
}

/** True if requests are admitted under overload, too: an administrator must be able to act then. */
export function isUrgent(identity: Identity | null): boolean {
  return identity?.role === adminRole
}
