/**
 * Rate limits: each client has a bucket of units that fills evenly. A bucket is stored as the time at which it will be
 * full again (the generic cell rate algorithm, ITU-T I.371), so a full bucket and none are the same, and nothing has to
 * be refilled or swept.
 */
import { BucketTable, type BucketTableOptions } from './bucket-table.ts'
import { type RateLimitDecision, RateLimitDecisions } from './decisions.ts'

/**
 * Limits of one kind, in this process's memory or shared between machines. An implementation whose store does not
 * respond must allow: a limit must not stop the server.
 */
export interface RateLimits {
  /** Takes units out of a client's bucket, or none when there are too few. More than a full bucket counts as a full one. */
  take(key: string, units: number): RateLimitDecision | Promise<RateLimitDecision>
  /** Takes units for work that has begun already, perhaps more than there are: the client then waits longer. */
  charge(key: string, units: number): void
}

/** `RateLimits` that decide at once. */
export interface LocalRateLimits extends RateLimits {
  take(key: string, units: number): RateLimitDecision
}

export interface RateLimitsOptions extends Omit<BucketTableOptions, 'now'> {
  /** The policy's name in `RateLimit`: letters, digits, `-`. */
  name?: string
  /** Units in a full bucket. */
  burst?: number
  /** Units that are refilled. */
  perSecond?: number
  /** Milliseconds, best from a monotonic clock. Called once for each decision, so it should be cheap. */
  now(): number
}

/**
 * A page with all it loads takes some 30 requests, and a client that was offline sends some hundred changes at once. At
 * 200 a second one address can keep a small machine busy to one part in a hundred, and an office behind one address
 * still has two a second for each of a hundred people.
 */
const burstDefault = 600
export const perSecondDefault = 200

/** Compensates rounding. */
const slackMs = 0.001

/** Keeps buckets in the memory of this process, in a table of fixed size. */
export function createRateLimits(options: RateLimitsOptions): LocalRateLimits {
  const { name = 'default', burst = burstDefault, perSecond = perSecondDefault, now } = options
  if (!(burst >= 1) || !(perSecond > 0)) throw new RangeError('burst must be 1 or more, and perSecond more than 0.')
  const unitMs = 1000 / perSecond
  const fullMs = burst * unitMs
  /** A client can owe one bucket at most, and so waits for two at most. */
  const missingMsMax = 2 * fullMs
  const table = new BucketTable(options)
  const decisions = new RateLimitDecisions({ name, burst, windowSeconds: fullMs / 1000 })

  /** The time until the bucket is full. A longer time than possible is from before the clock went back. */
  function missingMs(slot: number, nowMs: number): number {
    const missing = table.fullAt(slot) - nowMs
    return missing > 0 && missing <= missingMsMax ? missing : 0
  }

  return {
    take(key, units) {
      const nowMs = now()
      const slot = table.slotOf(key, nowMs)
      const asked = Math.min(positive(units), burst)
      const afterMs = missingMs(slot, nowMs) + asked * unitMs
      if (afterMs > fullMs + slackMs) return decisions.refused((afterMs - fullMs) / 1000)
      table.setFullAt(slot, nowMs + afterMs)
      return decisions.allowed((fullMs - afterMs + slackMs) / unitMs)
    },
    charge(key, units) {
      const nowMs = now()
      const slot = table.slotOf(key, nowMs)
      table.setFullAt(slot, nowMs + Math.min(missingMs(slot, nowMs) + positive(units) * unitMs, missingMsMax))
    },
  }
}

function positive(units: number): number {
  return units > 0 ? units : 0
}
