/**
 * Verdicts with what they tell in `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11), made once
 * for each number that can be in them, so that a request costs no text.
 */
/** What becomes of a request. The same object is given many times. */
export interface RateLimitDecision {
  readonly isAllowed: boolean
  /** After a refusal: when it is of use to come again; 0 otherwise. */
  readonly retryAfterSeconds: number
  /** What the answer tells of the limit; null where it is too far away to matter. */
  readonly headers: Readonly<Record<string, string>> | null
}

export interface Policy {
  name: string
  burst: number
  /** In which an empty bucket fills. */
  windowSeconds: number
}

/** Further from its end than this share a limit is not spoken of, as the draft allows: each header costs every answer. */
const silentShare = 0.5
/** More different verdicts than this are not kept. */
const keptMax = 4096

const plenty: RateLimitDecision = { isAllowed: true, retryAfterSeconds: 0, headers: null }

export class RateLimitDecisions {
  readonly #name: string
  readonly #policy: string
  readonly #silentMin: number
  /** Index: what remains. */
  readonly #allowed: (RateLimitDecision | undefined)[] = []
  /** Index: seconds to wait. */
  readonly #refused: (RateLimitDecision | undefined)[] = []

  constructor({ name, burst, windowSeconds }: Policy) {
    this.#name = name
    // The draft knows whole seconds only, and none that are zero.
    this.#policy = `"${name}";q=${Math.floor(burst)};w=${Math.max(1, Math.ceil(windowSeconds))}`
    this.#silentMin = burst * silentShare
  }

  /** @param units what remains, with a fraction */
  allowed(units: number): RateLimitDecision {
    if (units >= this.#silentMin) return plenty
    const remaining = Math.max(0, Math.floor(units))
    const known = this.#allowed[remaining]
    if (known !== undefined) return known
    const verdict: RateLimitDecision = { isAllowed: true, retryAfterSeconds: 0, headers: this.#headers(remaining, 1) }
    if (remaining < keptMax) this.#allowed[remaining] = verdict
    return verdict
  }

  /** @param seconds until there is enough, with a fraction */
  refused(seconds: number): RateLimitDecision {
    const retryAfterSeconds = Math.max(1, Math.ceil(seconds))
    const known = this.#refused[retryAfterSeconds]
    if (known !== undefined) return known
    const headers = { 'Retry-After': String(retryAfterSeconds), ...this.#headers(0, retryAfterSeconds) }
    const verdict: RateLimitDecision = { isAllowed: false, retryAfterSeconds, headers }
    if (retryAfterSeconds < keptMax) this.#refused[retryAfterSeconds] = verdict
    return verdict
  }

  /** `t` is when there will be more, which is soon, and not when there will be all. */
  #headers(remaining: number, seconds: number): Readonly<Record<string, string>> {
    return {
      RateLimit: `"${this.#name}";r=${remaining};t=${seconds}`,
      'RateLimit-Policy': this.#policy,
    }
  }
}
