/**
 * How much each client may ask: a bucket of units for each, which fills evenly. A bucket is kept as the one moment at
 * which it will be full again (the generic cell rate algorithm, ITU-T I.371), so a full bucket and none are the same,
 * and nothing has to be refilled or swept.
 */
import { BucketTable, type BucketTableOptions } from './bucket-table.ts'
import { type RateLimitDecision, RateLimitDecisions } from './decisions.ts'

/**
 * Limits of one kind, in memory here or between machines elsewhere. An implementation that can't tell in a moment,
 * because what it asks does not answer, allows: a limit must not be what stops a server.
 */
export interface RateLimits {
  /** Takes units out of the bucket of a client, or none when there are too few. More than fits in counts as all of it. */
  take(key: string, units: number): RateLimitDecision | Promise<RateLimitDecision>
  /** Takes units for what has begun already, perhaps more than there are: what is owed is waited for. */
  charge(key: string, units: number): void
}

/** `RateLimits` that answer at once. */
export interface LocalRateLimits extends RateLimits {
  take(key: string, units: number): RateLimitDecision
}

export interface RateLimitsOptions extends Omit<BucketTableOptions, 'now'> {
  /** The policy's name in `RateLimit`: letters, digits, `-`. */
  name?: string
  /** Units in a full bucket. */
  burst?: number
  /** Units that come back. */
  perSecond?: number
  /** Milliseconds, best from a clock that never jumps. Is asked once a call, so what it costs is paid often. */
  now(): number
}

/**
 * A page with all it loads takes some 30 requests, and a client that was offline sends some hundred changes at once. At
 * 200 a second one address can keep a small machine busy to one part in a hundred, and an office behind one address
 * still has two a second for each of a hundred people.
 */
export const burstDefault = 600
export const perSecondDefault = 200

/** Rounding must not cost anybody a unit. */
const slackMs = 0.001

/** Keeps buckets in the memory of this process, in a table of fixed size. */
export function createRateLimits(options: RateLimitsOptions): LocalRateLimits {
  const { name = 'default', burst = burstDefault, perSecond = perSecondDefault, now } = options
  if (!(burst >= 1) || !(perSecond > 0)) throw new RangeError('A bucket must hold a unit and fill.')
  const unitMs = 1000 / perSecond
  const fullMs = burst * unitMs
  /** Nobody owes more than a bucket, so nobody waits longer than for two. */
  const owedMsMax = 2 * fullMs
  const table = new BucketTable(options)
  const verdicts = new RateLimitDecisions({ name, burst, windowSeconds: fullMs / 1000 })

  /** How long the bucket takes to be full. One that takes too long is from before the clock went back. */
  function missingMs(slot: number, nowMs: number): number {
    const missing = table.fullAt(slot) - nowMs
    return missing > 0 && missing <= owedMsMax ? missing : 0
  }

  return {
    take(key, units) {
      const nowMs = now()
      const slot = table.slotOf(key, nowMs)
      const asked = Math.min(positive(units), burst)
      const afterMs = missingMs(slot, nowMs) + asked * unitMs
      if (afterMs > fullMs + slackMs) return verdicts.refused((afterMs - fullMs) / 1000)
      table.setFullAt(slot, nowMs + afterMs)
      return verdicts.allowed((fullMs - afterMs + slackMs) / unitMs)
    },
    charge(key, units) {
      const nowMs = now()
      const slot = table.slotOf(key, nowMs)
      table.setFullAt(slot, nowMs + Math.min(missingMs(slot, nowMs) + positive(units) * unitMs, owedMsMax))
    },
  }
}

function positive(units: number): number {
  return units > 0 ? units : 0
}
