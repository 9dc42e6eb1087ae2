/**
 * Decisions with their `RateLimit` and `RateLimit-Policy` headers (draft-ietf-httpapi-ratelimit-headers-11), made once
 * for each number in them, so that a request builds no strings.
 */

/** The decision on a request. The same object is returned many times. */
export interface RateLimitDecision {
  readonly isAllowed: boolean
  /** After a refusal: when there will be units again; 0 otherwise. */
  readonly retryAfterSeconds: number
  /** Headers for the response; null where the limit is too far away to matter. */
  readonly headers: Readonly<Record<string, string>> | null
}

export interface Policy {
  name: string
  burst: number
  /** The time in which an empty bucket fills. */
  windowSeconds: number
}

/** With more than this share of units left there are no headers, as the draft allows: they cost time in every response. */
const silentShare = 0.5
/** Decisions with larger numbers are not cached. */
const cachedMax = 4096

const plenty: RateLimitDecision = { isAllowed: true, retryAfterSeconds: 0, headers: null }

export class RateLimitDecisions {
  readonly #name: string
  readonly #policy: string
  readonly #silentMin: number
  /** By remaining units. */
  readonly #allowed: (RateLimitDecision | undefined)[] = []
  /** By seconds to wait. */
  readonly #refused: (RateLimitDecision | undefined)[] = []

  constructor({ name, burst, windowSeconds }: Policy) {
    this.#name = name
    // The draft knows whole seconds only, and none that are zero.
    this.#policy = `"${name}";q=${Math.floor(burst)};w=${Math.max(1, Math.ceil(windowSeconds))}`
    this.#silentMin = burst * silentShare
  }

  /** @param units the remaining units, with a fraction */
  allowed(units: number): RateLimitDecision {
    if (units >= this.#silentMin) return plenty
    const remaining = Math.max(0, Math.floor(units))
    const cached = this.#allowed[remaining]
    if (cached !== undefined) return cached
    const decision: RateLimitDecision = { isAllowed: true, retryAfterSeconds: 0, headers: this.#headers(remaining, 1) }
    if (remaining < cachedMax) this.#allowed[remaining] = decision
    return decision
  }

  /** @param seconds until there is enough, with a fraction */
  refused(seconds: number): RateLimitDecision {
    const retryAfterSeconds = Math.max(1, Math.ceil(seconds))
    const cached = this.#refused[retryAfterSeconds]
    if (cached !== undefined) return cached
    const headers = { 'Retry-After': String(retryAfterSeconds), ...this.#headers(0, retryAfterSeconds) }
    const decision: RateLimitDecision = { isAllowed: false, retryAfterSeconds, headers }
    if (retryAfterSeconds < cachedMax) this.#refused[retryAfterSeconds] = decision
    return decision
  }

  /** `t` is the time until there are more units, not until the bucket is full. */
  #headers(remaining: number, seconds: number): Readonly<Record<string, string>> {
    return {
      RateLimit: `"${this.#name}";r=${remaining};t=${seconds}`,
      'RateLimit-Policy': this.#policy,
    }
  }
}
