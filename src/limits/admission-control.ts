import type { Peer } from '../request/context.ts'
import { adminRole, type Identity } from '../request/identity.ts'
import { createClientKey } from './client-key.ts'
import { type CostTable, createCosts } from './costs.ts'
import type { RateLimitDecision } from './decisions.ts'
import type { Overload } from './overload.ts'
import { createRateLimits, type RateLimits } from './rate-limits.ts'

export interface AdmissionControlOptions {
  /** Whether clients are limited. */
  isLimiting: boolean
  /** Where buckets are kept when that is not in memory here. */
  limits?: RateLimits | undefined
  /** Null where the runtime sees to it, as on Workers. */
  overload: Overload | null
  costs?: CostTable
  /** Fills the array with random bytes fit for secrets, and returns it. */
  random(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
  /** Milliseconds, from a clock that never jumps. */
  now?(): number
}

/** So many users at their limit may share an address: accounts are easily made. */
const usersOfPlace = 4

/** Decides what is let in: asked once for each request, before all else, and once for each message of a session. */
export class AdmissionControl {
  readonly #now: () => number
  /** As it was when the last one came: to read a clock costs as much as all else here. */
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

  /** The time at which a request or a message came, which is now. */
  arrive(): number {
    this.#nowMs = this.#now()
    return this.#nowMs
  }

  /** Whether the server is so far behind that the request that has just come should be refused. */
  get isOverloaded(): boolean {
    return this.#overload?.refuses(this.#nowMs) ?? false
  }

  /** Names the client whose bucket it is; null for who has none. */
  keyOf(identity: Identity | null, peer: Peer | null): string | null {
    return this.#isLimiting ? this.#keyOf(identity?.userId ?? null, peer) : null
  }

  /** Takes from the client's bucket. Null when it has none. */
  take(identity: Identity | null, peer: Peer | null, units = 1): RateLimitDecision | Promise<RateLimitDecision> | null {
    if (!this.#isLimiting) return null
    const key = this.#keyOf(identity?.userId ?? null, peer)
    if (key === null) return null
    const verdict = this.#buckets.take(key, units)
    if (identity === null || verdict instanceof Promise || !verdict.isAllowed) return verdict
    const place = this.#keyOf(null, peer)
    const shared = place === null ? verdict : this.#buckets.take(`users of ${place}`, units / usersOfPlace)
    return shared instanceof Promise || shared.isAllowed ? verdict : shared
  }

  /** Charges what a request costs beyond the one unit that every request does, once its route is known. */
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

/** Whether it is let in however busy the server is: who looks after it must be able to. */
export function isUrgent(identity: Identity | null): boolean {
  return identity?.role === adminRole
}
