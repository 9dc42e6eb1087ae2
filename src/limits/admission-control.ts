import { widerShare } from '../request/client-network.ts'
import type { Peer } from '../request/context.ts'
import { adminRole, type Identity } from '../request/identity.ts'
import { type ClientKeys, createClientKeys } from './client-keys.ts'
import { type CostTable, createCosts } from './costs.ts'
import type { RateLimitDecision } from './decisions.ts'
import type { Overload, Shedding } from './overload.ts'
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

const noKeys: ClientKeys = []

/** Rate limits and load shedding: asked once for each request, before all else, and once for each message of a connection. */
export class AdmissionControl {
  readonly #now: () => number
  /** The arrival of the last request: reading a clock costs as much as the rest of this class. */
  #nowMs = 0
  readonly #isLimiting: boolean
  #limits: RateLimits | null
  readonly #overload: Overload | null
  readonly #random: AdmissionControlOptions['random']
  readonly #keysOf = createClientKeys()
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

  /** The arrival of the last request or message. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** The clients that should be refused, because the server is so far behind. Ask it once for each request. */
  get shedding(): Shedding {
    return this.#overload?.sheds(this.#nowMs) ?? 'none'
  }

  /** True if the client, or a network that it is in, has used more than half of its bucket. */
  isHeavy(identity: Identity | null, peer: Peer | null): boolean | Promise<boolean> {
    const decision = this.take(identity, peer, 0)
    return decision instanceof Promise ? decision.then(isHeavy) : isHeavy(decision)
  }

  /** The keys that a client is counted by; none for clients without limits. */
  keysOf(identity: Identity | null, peer: Peer | null): ClientKeys {
    return this.#isLimiting ? this.#keysOf(identity?.userId ?? null, peer) : noKeys
  }

  /**
   * Takes units from the bucket of the client, and a share from those of the networks that it is in. Null for clients
   * without a limit.
   */
  take(identity: Identity | null, peer: Peer | null, units = 1): RateLimitDecision | Promise<RateLimitDecision> | null {
    const keys = this.keysOf(identity, peer)
    const decision = keys.length === 0 ? null : this.#takeFrom(keys, 0, units)
    if (!(decision instanceof Promise)) this.#overload?.note(isHeavy(decision))
    return decision
  }

  /** Returns the decision of the first bucket that refuses, else that is near its limit, else the client's own. */
  #takeFrom(keys: ClientKeys, first: number, units: number): RateLimitDecision | Promise<RateLimitDecision> {
    let nearest: RateLimitDecision | null = null
    let share = units
    for (let index = first; index < keys.length; index += 1) {
      const decision = this.#buckets.take(keys[index] as string, share)
      share /= widerShare
      if (decision instanceof Promise) return this.#takeRest(decision, keys, index + 1, share)
      if (!decision.isAllowed) return decision
      if (nearest === null || nearest.headers === null) nearest = decision
    }
    return nearest as RateLimitDecision
  }

  async #takeRest(first: Promise<RateLimitDecision>, keys: ClientKeys, next: number, units: number) {
    const decision = await first
    if (!decision.isAllowed || next === keys.length) return decision
    const wider = await this.#takeFrom(keys, next, units)
    return wider.isAllowed && decision.headers !== null ? decision : wider
  }

  /** Charges the cost of a route beyond the one unit that every request costs. */
  chargeRoute(identity: Identity | null, peer: Peer | null, method: string, route: string): void {
    const units = this.#costOf(method, route) - 1
    if (units > 0) this.charge(identity, peer, units)
  }

  /** Charges units for work that is done already. */
  charge(identity: Identity | null, peer: Peer | null, units: number): void {
    let share = units
    for (const key of this.keysOf(identity, peer)) {
      this.#buckets.charge(key, share)
      share /= widerShare
    }
  }

  /** Made at the first request, because Workers have no randomness before it. */
  get #buckets(): RateLimits {
    if (this.#limits !== null) return this.#limits
    const [a = 0, b = 0] = new Uint32Array(this.#random(new Uint8Array(8)).buffer)
    this.#limits = createRateLimits({ seeds: [a, b], now: () => this.#nowMs })
    return this.#limits
  }
}

/** A decision has headers once less than half of the bucket is left. */
function isHeavy(decision: RateLimitDecision | null): boolean {
  return decision !== null && decision.headers !== null
}

/** True if requests are admitted under overload, too: an administrator must be able to act then. */
export function isUrgent(identity: Identity | null): boolean {
  return identity?.role === adminRole
}
