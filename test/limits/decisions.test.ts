import { expect, test } from 'vitest'
import { createBucket, passing } from './bucket.ts'

test('no headers are sent while the limit is far away', () => {
  const { limits } = createBucket({ burst: 10, perSecond: 5 })
  for (let n = 0; n < 5; n += 1) expect(limits.take('192.0.2.1', 1).headers).toBeNull()
})

test('from half of the bucket on, headers report the rest', () => {
  const { limits } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 5)
  expect(limits.take('192.0.2.1', 1).headers).toEqual({
    RateLimit: '"default";r=4;t=1',
    'RateLimit-Policy': '"default";q=10;w=2',
  })
})

test('a refusal has Retry-After in whole seconds', () => {
  const { limits } = createBucket({ burst: 4, perSecond: 0.5, name: 'sign-in' })
  passing(limits, '192.0.2.1', 4)
  expect(limits.take('192.0.2.1', 2)).toEqual({
    isAllowed: false,
    retryAfterSeconds: 4,
    headers: {
      'Retry-After': '4',
      RateLimit: '"sign-in";r=0;t=4',
      'RateLimit-Policy': '"sign-in";q=4;w=8',
    },
  })
})

test('a client that waits for Retry-After is served', () => {
  const { limits, clock } = createBucket({ burst: 7, perSecond: 3 })
  passing(limits, '192.0.2.1', 7)
  clock.nowMs += limits.take('192.0.2.1', 5).retryAfterSeconds * 1000
  expect(limits.take('192.0.2.1', 5).isAllowed).toBe(true)
})

test('the last unit leaves none', () => {
  const { limits } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 9)
  expect(limits.take('192.0.2.1', 1)).toMatchObject({ isAllowed: true, headers: { RateLimit: '"default";r=0;t=1' } })
})

test('a window under a second is reported as one, because the draft has whole seconds only', () => {
  const { limits } = createBucket({ burst: 10, perSecond: 100 })
  passing(limits, '192.0.2.1', 10)
  expect(limits.take('192.0.2.1', 1).headers).toMatchObject({ 'RateLimit-Policy': '"default";q=10;w=1' })
})

test('the same text is made once', () => {
  const { limits } = createBucket({ burst: 10, perSecond: 5 })
  passing(limits, '192.0.2.1', 7)
  passing(limits, '192.0.2.2', 7)
  expect(limits.take('192.0.2.1', 1)).toBe(limits.take('192.0.2.2', 1))
  passing(limits, '192.0.2.1', 9)
  passing(limits, '192.0.2.2', 9)
  expect(limits.take('192.0.2.1', 1)).toBe(limits.take('192.0.2.2', 1))
})
