import { createRateLimits, type LocalRateLimits, type RateLimitsOptions } from '../../src/limits/rate-limits.ts'

/** Limits with a clock that the test sets. */
export interface Bucket {
  limits: LocalRateLimits
  clock: { nowMs: number }
}

export function createBucket(options: Partial<RateLimitsOptions> = {}): Bucket {
  const clock = { nowMs: 1000 }
  return { limits: createRateLimits({ seeds: [1, 2], now: () => clock.nowMs, ...options }), clock }
}

/** The number of consecutive requests of a client that pass. */
export function passing(limits: LocalRateLimits, key: string, tries: number, units = 1): number {
  let count = 0
  for (let n = 0; n < tries; n += 1) if (limits.take(key, units).isAllowed) count += 1
  return count
}
