import { expect, test } from 'vitest'
import { RefusalCounts, refusalsMax } from '../../src/limits/refusals.ts'

const client = { address: '192.0.2.1', port: 50_000, isSecure: false }

/** The number of refusals up to and with the last one, when they come after these times. */
function refusalsUntilLast(betweenMs: readonly number[], counts = new RefusalCounts(), peer = client): number | null {
  let nowMs = 1000
  for (const [index, ms] of betweenMs.entries()) {
    nowMs += ms
    if (counts.isLast(peer, nowMs)) return index + 1
  }
  return null
}

test('the hundredth refusal in a row is the last', () => {
  expect(refusalsUntilLast(Array(200).fill(999))).toBe(refusalsMax)
})

test('a client that waits for a second before it tries again is never cut', () => {
  expect(refusalsUntilLast(Array(1000).fill(1000))).toBeNull()
  expect(refusalsUntilLast([...Array(99).fill(0), 1000, ...Array(98).fill(0)])).toBeNull()
})

test('connections are counted one by one', () => {
  const counts = new RefusalCounts()
  refusalsUntilLast(Array(99).fill(0), counts)
  expect(refusalsUntilLast([0], counts, { ...client, port: 50_001 })).toBeNull()
  expect(refusalsUntilLast([0], counts, { ...client, address: '192.0.2.2' })).toBeNull()
  expect(refusalsUntilLast([0], counts)).toBe(1)
})

test('where the runtime shows no connections, none is counted', () => {
  const counts = new RefusalCounts()
  for (let n = 0; n < 1000; n += 1) expect(counts.isLast({ address: '192.0.2.1', isSecure: true }, 0)).toBe(false)
})

test('the counts of many connections take a bounded space', () => {
  const counts = new RefusalCounts()
  refusalsUntilLast(Array(99).fill(0), counts)
  for (let port = 0; port < 5000; port += 1) counts.isLast({ ...client, port }, 1000)
  expect(refusalsUntilLast(Array(200).fill(0), counts)).toBe(refusalsMax)
})
