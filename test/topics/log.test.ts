import { describe, expect, test } from 'vitest'
import { runAll } from '../../src/database/steps.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import type { TopicLog } from '../../src/topics/log.ts'
import { createWorld, range } from './world.ts'
import { createFailingDatabase } from './wrapped-database.ts'

const dayMs = 24 * 60 * 60 * 1000
const name = (messageId: string) => ({ publisher: 'u', messageId })
const forever = { events: 1_000_000, ageMs: 1000 * dayMs }

async function read(log: TopicLog, after: number, limit?: number): Promise<readonly TopicEvent[] | 'trimmed'> {
  const batch = await log.read('news', after, limit)
  return batch === 'trimmed' ? batch : batch.events
}

async function offsetsAfter(log: TopicLog, after: number, limit?: number): Promise<number[] | 'trimmed'> {
  const events = await read(log, after, limit)
  return events === 'trimmed' ? events : events.map(({ offset }) => offset)
}

describe('appending', () => {
  test('offsets begin at 1 and have no hole, in each topic for itself', async () => {
    const { log, append } = await createWorld()
    await append('news', 3)
    await append('other', 2)
    await append('news', 2)
    expect(await offsetsAfter(log, 0)).toEqual([1, 2, 3, 4, 5])
    expect(await log.range('other')).toEqual({ oldest: 1, newest: 2 })
    expect(await log.range('nothing')).toEqual({ oldest: 1, newest: 0 })
  })

  test('an event of a row is blanked by the next, and no other', async () => {
    const { log, database, connection } = await createWorld()
    const change = (row: string, json: string) =>
      database.write(() => runAll(log.blank('news', row), log.append('news', 'x', json, { row })))
    for (const [row, json] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['a', '4'],
    ] as const)
      await change(row, json)
    await database.write(() => runAll(log.append('other', 'x', '5', { row: 'a' })))
    const found = (await read(log, 0)) as readonly TopicEvent[]
    expect(found.map(({ offset, json }) => [offset, json])).toEqual([
      [1, 'null'],
      [2, '2'],
      [3, 'null'],
      [4, '4'],
    ])
    const indexed = 'select count(*) as count from galley_events where row is not null'
    expect(connection.prepare(indexed).get()?.count).toBe(3)
  })

  test('an event of a write that fails has never been', async () => {
    const { log, database, append } = await createWorld()
    await append('news')
    const failing = { sql: 'select 1 where false', parameters: [], guard: { error: 'conflict' as const } }
    await expect(database.write(() => runAll(log.append('news', 'lost', '1'), failing))).rejects.toThrow('conflicts')
    await append('news')
    expect(await offsetsAfter(log, 0)).toEqual([1, 2])
  })

  test('a message id that repeats appends nothing, and the first is found', async () => {
    const { log, database } = await createWorld()
    const write = (id: string) =>
      database.write(() => runAll(log.append('news', 'x', '1', name(id)), log.find('news', name(id))))
    expect((await write('a')).map((rows) => rows.length)).toEqual([1, 1])
    await write('b')
    const [appended, found] = await write('a')
    expect([appended, found?.[0]?.offset]).toEqual([[], 1])
    expect(await offsetsAfter(log, 0)).toEqual([1, 2])
  })

  test('an event has its type, its time and its data', async () => {
    const { log, database, clock } = await createWorld()
    await database.write(() => runAll(log.append('news', 'made', '{"a":"ü"}')))
    const [event] = (await read(log, 0)) as TopicEvent[]
    expect(event).toMatchObject({ topic: 'news', offset: 1, type: 'made', atMs: clock.ms, json: '{"a":"ü"}' })
  })

  test('topics are found one after the other', async () => {
    const { log, append } = await createWorld()
    for (const name of ['b', 'a/2', 'a']) await append(name)
    const names: string[] = []
    for (let name = await log.topicAfter(''); name !== null; name = await log.topicAfter(name)) names.push(name)
    expect(names).toEqual(['a', 'a/2', 'b'])
  })
})

describe('reading', () => {
  test('a batch has no more events than were asked for, and never too many', async () => {
    const { log, append } = await createWorld()
    await append('news', 400)
    expect(await offsetsAfter(log, 10, 5)).toEqual(range(11, 15))
    const batch = await offsetsAfter(log, 0)
    expect(batch).toEqual(range(1, batch.length))
    expect(batch.length).toBeLessThan(400)
    expect(await offsetsAfter(log, 400)).toEqual([])
  })

  test('a batch of large events ends early, and batches after each other have all', async () => {
    const { log, append } = await createWorld()
    for (let n = 0; n < 20; n += 1) await append('news', 1, 'x'.repeat(60_000))
    const sizes: number[] = []
    for (let after = 0; after < 20; ) {
      const batch = (await read(log, after)) as readonly TopicEvent[]
      expect(batch[0]?.offset).toBe(after + 1)
      sizes.push(batch.length)
      after = batch.at(-1)?.offset ?? Number.NaN
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5)
  })

  test('an event that is larger than a batch comes alone', async () => {
    const { log, append } = await createWorld()
    for (let n = 0; n < 2; n += 1) await append('news', 1, 'x'.repeat(600_000))
    expect(await offsetsAfter(log, 0)).toEqual([1])
    expect(await offsetsAfter(log, 1)).toEqual([2])
  })
})

describe('retention', () => {
  test('by count the newest stay', async () => {
    const { log, append } = await createWorld()
    await append('news', 10)
    await append('other', 10)
    await log.trim('news', { ...forever, events: 3 })
    expect(await log.range('news')).toEqual({ oldest: 8, newest: 10 })
    expect(await offsetsAfter(log, 7)).toEqual([8, 9, 10])
    expect(await offsetsAfter(log, 6)).toBe('trimmed')
    expect(await log.range('other')).toEqual({ oldest: 1, newest: 10 })
  })

  test('by age those stay that are young enough', async () => {
    const { log, append, clock } = await createWorld()
    await append('news', 4)
    clock.ms += 3 * dayMs
    await append('news', 4)
    clock.ms += 2 * dayMs
    await log.trim('news', { ...forever, ageMs: 4 * dayMs })
    expect(await log.range('news')).toEqual({ oldest: 5, newest: 8 })
  })

  test('of the limits by count and by age, the one that keeps more events wins', async () => {
    const { log, append, clock } = await createWorld()
    await append('news', 4)
    clock.ms += dayMs
    await append('news', 4)
    await log.trim('news', { events: 2, ageMs: dayMs / 2 })
    expect(await log.range('news')).toEqual({ oldest: 7, newest: 8 })
  })

  test('when all are too old the newest offset is still known, and the next one follows from it', async () => {
    const { log, append, clock, connection } = await createWorld()
    await append('news', 5)
    clock.ms += dayMs
    await log.trim('news', { ...forever, ageMs: dayMs / 2 })
    expect(await log.range('news')).toEqual({ oldest: 6, newest: 5 })
    expect(await offsetsAfter(log, 4)).toBe('trimmed')
    expect(await offsetsAfter(log, 5)).toEqual([])
    expect(connection.prepare('select count(*) as n from galley_events').get()?.n).toBe(1)
    await append('news')
    expect(await offsetsAfter(log, 5)).toEqual([6])
    expect(await offsetsAfter(log, 4)).toBe('trimmed')
    await log.trim('news', { ...forever, ageMs: dayMs / 2 })
    expect(connection.prepare('select count(*) as n from galley_events').get()?.n).toBe(1)
    expect(await log.range('news')).toEqual({ oldest: 6, newest: 6 })
  })

  test('a topic that keeps no events still continues', async () => {
    const { log, append } = await createWorld()
    for (const newest of [3, 6, 9]) {
      await append('news', 3)
      await log.trim('news', { ...forever, events: 0 })
      await log.trim('news', { ...forever, events: 0 })
      expect(await log.range('news')).toEqual({ oldest: newest + 1, newest })
    }
  })

  test('a message id is free again once its event is gone', async () => {
    const { log, database } = await createWorld()
    const write = () => database.write(() => runAll(log.append('news', 'x', '1', name('id'))))
    await write()
    await log.trim('news', { ...forever, events: 0 })
    expect((await write())[0]?.[0]?.offset).toBe(2)
  })

  test('a clock that is set back lets nothing go too early', async () => {
    const { log, append, clock } = await createWorld()
    await append('news', 2)
    clock.ms -= 30 * dayMs
    await append('news', 2)
    await log.trim('news', { ...forever, ageMs: dayMs })
    expect(await log.range('news')).toEqual({ oldest: 1, newest: 4 })
  })

  test('while many events go, a reader sees whole events or that they are gone', async () => {
    const { log, append, clock } = await createWorld()
    await append('news', 2500, 'data')
    clock.ms += dayMs
    const state = { isTrimming: true }
    const trimming = log.trim('news', { ...forever, ageMs: 1 }).finally(() => {
      state.isTrimming = false
    })
    while (state.isTrimming) {
      const batch = await read(log, 2400)
      if (batch !== 'trimmed') expect(batch.map(({ json }) => json)).toEqual(Array.from(batch, () => '"data"'))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await trimming
  })

  test('after a trim that broke off, a reader sees whole events or that they are gone', async () => {
    const { faults, wrapDatabase } = createFailingDatabase()
    const { log, append, clock } = await createWorld({ wrapDatabase })
    await append('news', 2500, 'data')
    clock.ms += dayMs
    faults.writesAfter = 1
    await expect(log.trim('news', { ...forever, ageMs: 1 })).rejects.toThrow()
    faults.writesAfter = Number.POSITIVE_INFINITY
    await append('news', 1, 'data')
    for (let after = 0; after <= 2500; after += 1) {
      const batch = await read(log, after, 10)
      if (batch !== 'trimmed') for (const { json } of batch) expect(json).toBe('"data"')
    }
  })
})
