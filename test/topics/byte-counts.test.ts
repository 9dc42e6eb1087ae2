import { expect, test } from 'vitest'
import { ByteCounts } from '../../src/topics/byte-counts.ts'
import { createWorld } from './world.ts'

const megabyte = 1024 ** 2

test('a topic is counted once, and again when what was appended since may make it too long', async () => {
  const counts = new ByteCounts()
  const reads: number[] = []
  let stored = 400
  const count = async () => reads.push(stored) && stored
  expect(await counts.mayExceed('news', 1000, count)).toBe(false)
  expect(await counts.mayExceed('news', 1000, count)).toBe(false)
  counts.add('news', 'x'.repeat(100))
  expect(await counts.mayExceed('news', 1000, count)).toBe(false)
  expect(reads).toEqual([400])
  stored = 1001
  counts.add('news', 'x'.repeat(601))
  expect(await counts.mayExceed('news', 1000, count)).toBe(true)
  stored = 900
  expect(await counts.mayExceed('news', 1000, count)).toBe(false)
  expect(reads).toEqual([400, 1001, 900])
})

test('data that is appended while a topic is counted counts', async () => {
  const counts = new ByteCounts()
  const counted = Promise.withResolvers<number>()
  const first = counts.mayExceed('news', 1000, () => counted.promise)
  counts.add('news', 'x'.repeat(400))
  counted.resolve(0)
  expect(await first).toBe(false)
  expect(await counts.mayExceed('news', 1000, async () => 1200)).toBe(true)
})

test('a topic that grows beyond 64 MiB loses its oldest events, however often it was trimmed before', async () => {
  const { log, append } = await createWorld()
  const retention = { events: 1_000_000, ageMs: 1_000_000 }
  for (let round = 1; round <= 3; round += 1) {
    await append('news', 30, 'x'.repeat(megabyte))
    await log.trim('news', retention)
    expect(await log.range('news')).toEqual({ oldest: round === 3 ? 28 : 1, newest: 30 * round })
  }
})
