import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRateLimits } from '../../src/limits/rate-limits.ts'
import { createBucket, passing } from './bucket.ts'

test('a new client may ask as much at once as its bucket holds, and no more', () => {
  const { limits } = createBucket({ burst: 10, perSecond: 5 })
  expect(passing(limits, '192.0.2.1', 20)).toBe(10)
})

test('an empty bucket fills evenly', () => {
  const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 10)
  clock.nowMs += 199
  expect(passing(limits, '192.0.2.1', 5)).toBe(0)
  clock.nowMs += 1
  expect(passing(limits, '192.0.2.1', 5)).toBe(1)
  clock.nowMs += 1000
  expect(passing(limits, '192.0.2.1', 20)).toBe(5)
})

test('a bucket never holds more than its burst, however long it is unused', () => {
  const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 3)
  clock.nowMs += 1e9
  expect(passing(limits, '192.0.2.1', 30)).toBe(10)
})

test('a refusal takes nothing', () => {
  const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 1000)
  clock.nowMs += 200
  expect(passing(limits, '192.0.2.1', 10)).toBe(1)
})

test('a request that costs more takes more, and passes only when there is enough', () => {
  const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
  expect(passing(limits, '192.0.2.1', 10, 4)).toBe(2)
  expect(limits.take('192.0.2.1', 4)).toMatchObject({ isAllowed: false, retryAfterSeconds: 1 })
  clock.nowMs += 400
  expect(limits.take('192.0.2.1', 4).isAllowed).toBe(true)
})

test('a request that costs more than a bucket holds passes when the bucket is full', () => {
  const { limits } = createBucket({ burst: 10, perSecond: 5 })
  expect(limits.take('192.0.2.1', 50).isAllowed).toBe(true)
  expect(limits.take('192.0.2.1', 1).isAllowed).toBe(false)
})

test('costs below one add up', () => {
  const { limits } = createBucket({ burst: 10, perSecond: 5 })
  expect(passing(limits, '192.0.2.1', 200, 0.1)).toBe(100)
})

test.each([-5, Number.NaN, 0])('a cost of %s takes nothing and gives nothing back', (units) => {
  const { limits } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 10)
  limits.take('192.0.2.1', units)
  limits.charge('192.0.2.1', units)
  expect(passing(limits, '192.0.2.1', 5)).toBe(0)
})

test('a later charge may exceed the bucket, which then refills first', () => {
  const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 9)
  limits.charge('192.0.2.1', 5)
  expect(limits.take('192.0.2.1', 1)).toMatchObject({ isAllowed: false, retryAfterSeconds: 1 })
  clock.nowMs += 800
  expect(passing(limits, '192.0.2.1', 5)).toBe(0)
  clock.nowMs += 200
  expect(passing(limits, '192.0.2.1', 5)).toBe(1)
})

test('no client owes more than a bucket, whatever is charged', () => {
  const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
  limits.charge('192.0.2.1', 1e9)
  expect(limits.take('192.0.2.1', 1)).toMatchObject({ isAllowed: false, retryAfterSeconds: 3 })
  clock.nowMs += 2200
  expect(passing(limits, '192.0.2.1', 5)).toBe(1)
})

test('one client that is limited takes nothing from another', () => {
  const { limits } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 10_000)
  expect(passing(limits, '192.0.2.2', 20)).toBe(10)
})

test('a clock that jumps ahead fills buckets once', () => {
  const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 10)
  clock.nowMs += 1e12
  expect(passing(limits, '192.0.2.1', 30)).toBe(10)
  expect(passing(limits, '192.0.2.1', 30)).toBe(0)
})

test('a clock that jumps far back locks no client out', () => {
  const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
  clock.nowMs = 1e12
  passing(limits, '192.0.2.1', 10)
  clock.nowMs = 1000
  expect(passing(limits, '192.0.2.1', 30)).toBe(10)
  clock.nowMs += 200
  expect(passing(limits, '192.0.2.1', 30)).toBe(1)
})

test('a clock that jumps back a little delays a client by the jump at most', () => {
  const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 10)
  clock.nowMs -= 500
  expect(passing(limits, '192.0.2.1', 30)).toBe(0)
  clock.nowMs += 500 + 200
  expect(passing(limits, '192.0.2.1', 30)).toBe(1)
})

test.each([
  { burst: 0, perSecond: 1 },
  { burst: 1, perSecond: 0 },
  { burst: Number.NaN, perSecond: 1 },
  { slots: 100 },
  { slots: 4 },
])('a bucket that can never serve is refused at the start: %o', (options) => {
  expect(() => createRateLimits({ seeds: [1, 2], now: () => 0, ...options })).toThrow(RangeError)
})

test('it decides as a counter of units that is filled by hand would', () => {
  const steps = fc.array(fc.record({ waitMs: fc.nat(2000), units: fc.integer({ min: 1, max: 12 }) }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (all) => {
      const { limits, clock } = createBucket({ burst: 10, perSecond: 5 })
      let left = 10
      for (const { waitMs, units } of all) {
        clock.nowMs += waitMs
        left = Math.min(10, left + waitMs / 200)
        const asked = Math.min(units, 10)
        // Too near to tell after so much rounding.
        if (Math.abs(left - asked) < 1e-5) return
        expect(limits.take('192.0.2.1', units).isAllowed).toBe(left > asked)
        if (left > asked) left -= asked
      }
    }),
  )
})
