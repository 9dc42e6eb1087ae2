import { expect, test } from 'vitest'
import { BucketTable } from '../../src/limits/bucket-table.ts'
import { createBucket, passing } from './bucket.ts'

const million = 1_000_000

/** Each another address. */
function addressOf(n: number): string {
  return `${10 + (n >>> 24)}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`
}

test('a million addresses take a megabyte, the same as none', () => {
  const table = new BucketTable({ seeds: [1, 2] })
  const before = table.bytes
  for (let n = 0; n < million; n += 1) table.setFullAt(table.slotOf(addressOf(n), 0), 3000)
  expect(table.bytes).toBe(before)
  expect(table.bytes).toBe(1024 ** 2)
})

test('a million addresses at a server’s full speed do not free a busy client', () => {
  const { limits, clock } = createBucket()
  passing(limits, '192.0.2.1', 10_000)
  let passed = 0
  // 100,000 requests a second for ten seconds, each from another address; the client asks at every millisecond.
  for (let n = 0; n < million; n += 1) {
    if (n % 100 === 0) clock.nowMs += 1
    limits.take(addressOf(n), 1)
    if (n % 100 === 0) passed += passing(limits, '192.0.2.1', 3)
  }
  expect(passed).toBe(2000)
})

test("a million other addresses in the same moment do not refill a client's empty bucket", () => {
  const { limits } = createBucket()
  passing(limits, '192.0.2.1', 10_000)
  for (let n = 0; n < million; n += 1) limits.take(addressOf(n), 1)
  expect(passing(limits, '192.0.2.1', 10)).toBe(0)
})

test('a table far too small for all addresses still admits every new one', () => {
  const { limits } = createBucket({ slots: 8 })
  for (let n = 0; n < 1000; n += 1) expect(limits.take(addressOf(n), 1).isAllowed).toBe(true)
})

test('a full table evicts the client that has used least', () => {
  const table = new BucketTable({ slots: 8, seeds: [1, 2] })
  for (let n = 0; n < 8; n += 1) table.setFullAt(table.slotOf(addressOf(n), 0), 100 + n)
  table.setFullAt(table.slotOf('new', 0), 500)
  expect(table.fullAt(table.slotOf('new', 0))).toBe(500)
  expect(table.fullAt(table.slotOf(addressOf(7), 0))).toBe(107)
  expect(table.fullAt(table.slotOf(addressOf(1), 0))).toBe(101)
  expect(table.fullAt(table.slotOf(addressOf(0), 0))).toBe(-Infinity)
})

test('a full bucket makes room before any other', () => {
  const table = new BucketTable({ slots: 8, seeds: [1, 2] })
  for (let n = 0; n < 8; n += 1) table.setFullAt(table.slotOf(addressOf(n), 0), n === 5 ? 90 : 50 + n * 100)
  table.setFullAt(table.slotOf('new', 95), 500)
  for (const n of [1, 2, 3, 4, 6, 7]) expect(table.fullAt(table.slotOf(addressOf(n), 95))).toBe(50 + n * 100)
})

test('addresses in a row spread over the whole table', () => {
  const table = new BucketTable({ slots: 8192, seeds: [0x9e3779b9, 0x7f4a7c15] })
  const used = new Set<number>()
  for (let n = 0; n < 4096; n += 1) {
    const slot = table.slotOf(addressOf(n), 0)
    table.setFullAt(slot, 1)
    used.add(slot)
  }
  expect(used.size).toBeGreaterThan(4000)
})

test('other seeds put the same keys into other slots', () => {
  const [one, other] = [1, 2].map((seed) => new BucketTable({ seeds: [seed, seed + 7] }))
  const same = Array.from({ length: 1000 }, (_, n) => addressOf(n)).filter(
    (key) => one?.slotOf(key, 0) === other?.slotOf(key, 0),
  )
  expect(same.length).toBeLessThan(5)
})
