import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { follow, RecordingSubscriber } from './recording-subscriber.ts'
import { createWorld, range } from './world.ts'
import { createFailingDatabase, turn } from './wrapped-database.ts'

describe('a subscription', () => {
  test('from now on begins at the newest event and delivers later ones', async () => {
    const { topics, append } = await createWorld()
    await append('news', 3)
    const { start, subscriber, subscription } = await follow(topics, 'news', null)
    expect(start).toEqual({ position: { epoch: 'e1', offset: 3 }, recovered: true })
    await append('news', 2)
    await subscriber.reached(5)
    expect(subscriber.offsets).toEqual([4, 5])
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 5 })
  })

  test('after a position delivers all missing events, however many, and then later ones', async () => {
    const { topics, append } = await createWorld()
    await append('news', 1000)
    const { start, subscriber } = await follow(topics, 'news', 7)
    expect(start).toEqual({ position: { epoch: 'e1', offset: 7 }, recovered: true })
    await append('news', 10)
    await subscriber.reached(1010)
    await append('news')
    await subscriber.reached(1011)
    expect(subscriber.offsets).toEqual(range(8, 1011))
  })

  test.each([
    ['epoch', { epoch: 'e0', offset: 3 }],
    ['future', { epoch: 'e1', offset: 6 }],
    ['trimmed', { epoch: 'e1', offset: 2 }],
  ])(
    'at a position that cannot be continued (%s) begins at the newest event with the reason',
    async (reason, after) => {
      const { topics, append, log } = await createWorld()
      await append('news', 5)
      await log.trim('news', { events: 2, ageMs: 1e12 })
      const { start, subscriber } = await follow(topics, 'news', after)
      expect(start).toEqual({ position: { epoch: 'e1', offset: 5 }, recovered: false, reason })
      await append('news')
      await subscriber.reached(6)
      expect(subscriber.offsets).toEqual([6])
    },
  )

  test('continues right after the trimmed events, and at the end of the log', async () => {
    const { topics, append, log } = await createWorld()
    await append('news', 5)
    await log.trim('news', { events: 2, ageMs: 1e12 })
    expect((await follow(topics, 'news', 3)).start.recovered).toBe(true)
    await log.trim('news', { events: 0, ageMs: 1e12 })
    expect((await follow(topics, 'news', 5)).start.recovered).toBe(true)
    expect((await follow(topics, 'news', 4)).start.recovered).toBe(false)
  })

  test('brings nothing before it is asked to', async () => {
    const { topics, append } = await createWorld()
    const subscriber = new RecordingSubscriber()
    const after = { epoch: 'e1', offset: 0 }
    await append('news', 2)
    const { subscription } = await topics.subscribe({ topic: 'news', principal: null, after, subscriber })
    await append('news', 2)
    await turn()
    expect(subscriber.offered).toBe(0)
    subscription.resume()
    await subscriber.reached(4)
    expect(subscriber.offsets).toEqual([1, 2, 3, 4])
  })

  test('brings nothing after it was closed', async () => {
    const { topics, append } = await createWorld()
    const [gone, there] = [await follow(topics, 'news', null), await follow(topics, 'news', null)]
    await append('news')
    await gone.subscriber.reached(1)
    gone.subscription.close()
    gone.subscription.close()
    gone.subscription.resume()
    await append('news')
    await there.subscriber.reached(2)
    expect(gone.subscriber.offsets).toEqual([1])
  })

  test('gets events of its own topic alone', async () => {
    const { topics, append } = await createWorld()
    const { subscriber } = await follow(topics, 'news/a', null)
    await append('news/b', 3)
    await append('news', 3)
    await append('news/a')
    await subscriber.reached(1)
    expect(subscriber.events.map(({ topic }) => topic)).toEqual(['news/a'])
  })

  test('shares the events, and their forms, with all others at the tail', async () => {
    const { topics, append } = await createWorld()
    const followers = await Promise.all(range(1, 20).map(() => follow(topics, 'news', null)))
    await append('news')
    await Promise.all(followers.map(({ subscriber }) => subscriber.reached(1)))
    expect(new Set(followers.map(({ subscriber }) => subscriber.events[0])).size).toBe(1)
  })
})

describe('a subscriber that takes a part', () => {
  test('gets the rest when it asks for more, once and in order', async () => {
    const { topics, append } = await createWorld()
    const subscriber = new RecordingSubscriber()
    subscriber.room = 2
    await append('news', 5)
    const { subscription } = await follow(topics, 'news', 0, subscriber)
    for (let asked = 1; subscriber.offsets.length < 9; asked += 1) {
      await subscriber.until(() => subscriber.room === 0)
      expect(subscription.position.offset).toBe(subscriber.offsets.at(-1))
      if (asked === 1) await append('news', 4)
      subscriber.room = Math.min(2, 9 - subscriber.offsets.length)
      subscription.resume()
    }
    expect(subscriber.offsets).toEqual(range(1, 9))
  })

  test('while it follows live, gets the rest from the log', async () => {
    const { topics, append } = await createWorld()
    const { subscriber, subscription } = await follow(topics, 'news', null)
    await append('news')
    await subscriber.reached(1)
    subscriber.room = 1
    await append('news', 3)
    await subscriber.reached(2)
    subscriber.room = Number.POSITIVE_INFINITY
    subscription.resume()
    await append('news')
    await subscriber.reached(5)
    expect(subscriber.offsets).toEqual(range(1, 5))
  })

  test('that asks for more too often gets nothing twice', async () => {
    const { topics, append } = await createWorld()
    await append('news', 600)
    const { subscriber, subscription } = await follow(topics, 'news', 0)
    while (subscriber.offsets.length < 600) {
      subscription.resume()
      await turn()
      subscription.resume()
    }
    await append('news')
    subscription.resume()
    await subscriber.reached(601)
    expect(subscriber.offsets).toEqual(range(1, 601))
  })
})

describe('trimming', () => {
  test('of events that a reader has not read is a gap, and it continues after that', async () => {
    const { topics, append, log } = await createWorld()
    await append('news', 1000)
    const subscriber = new RecordingSubscriber()
    subscriber.room = 3
    const { subscription } = await follow(topics, 'news', 0, subscriber)
    await subscriber.reached(3)
    await log.trim('news', { events: 2, ageMs: 1e12 })
    subscriber.room = Number.POSITIVE_INFINITY
    subscription.resume()
    await subscriber.until(() => subscriber.gaps.length === 1)
    const known = subscriber.offsets.length
    expect(known).toBeLessThan(900)
    expect(subscriber.gaps).toEqual([{ position: { epoch: 'e1', offset: 1000 }, recovered: false, reason: 'trimmed' }])
    await append('news', 2)
    await subscriber.reached(1002)
    expect(subscriber.offsets).toEqual([...range(1, known), 1001, 1002])
  })

  test('of events that a reader has read changes nothing for it', async () => {
    const { topics, append, log } = await createWorld()
    const { subscriber } = await follow(topics, 'news', 0)
    for (const newest of [10, 20, 30]) {
      await append('news', 10)
      await subscriber.reached(newest)
      await log.trim('news', { events: 0, ageMs: 1e12 })
    }
    expect([subscriber.gaps, subscriber.offsets]).toEqual([[], range(1, 30)])
  })
})

describe('failures', () => {
  test('a subscriber that throws is over, and the others lack nothing', async () => {
    const { topics, append } = await createWorld()
    const bad = new RecordingSubscriber()
    bad.take = () => {
      throw new Error('a fault of its own')
    }
    const before = await follow(topics, 'news', null)
    await follow(topics, 'news', null, bad)
    const after = await follow(topics, 'news', null)
    for (const newest of [1, 2, 3]) {
      await append('news')
      await after.subscriber.reached(newest)
    }
    expect(bad.failures).toHaveLength(1)
    expect([before.subscriber.offsets, after.subscriber.offsets]).toEqual([range(1, 3), range(1, 3)])
  })

  test('a subscriber that throws at its end takes nothing from the others', async () => {
    const { topics, append } = await createWorld()
    const bad = new RecordingSubscriber()
    bad.take = bad.fail = () => {
      throw new Error('a fault of its own')
    }
    const before = await follow(topics, 'news', null)
    await follow(topics, 'news', null, bad)
    const after = await follow(topics, 'news', null)
    for (const newest of [1, 2, 3]) {
      await append('news')
      await Promise.all([before, after].map(({ subscriber }) => subscriber.reached(newest)))
    }
    expect([before.subscriber.offsets, after.subscriber.offsets]).toEqual([range(1, 3), range(1, 3)])
  })

  test('a read that fails while it follows is tried again, and nothing is lost', async () => {
    const { faults, wrapDatabase } = createFailingDatabase()
    const { topics, append } = await createWorld({ wrapDatabase })
    const { subscriber } = await follow(topics, 'news', null)
    await append('news')
    await subscriber.reached(1)
    faults.reads = 1
    await append('news', 3)
    await subscriber.reached(4)
    expect(subscriber.offsets).toEqual([1, 2, 3, 4])
  })

  test('a read that fails on the way to the tail ends the subscription with the reason', async () => {
    const { faults, wrapDatabase } = createFailingDatabase()
    const { topics, append } = await createWorld({ wrapDatabase })
    await append('news', 3)
    const subscriber = new RecordingSubscriber()
    const after = { epoch: 'e1', offset: 0 }
    const { subscription } = await topics.subscribe({ topic: 'news', principal: null, after, subscriber })
    faults.reads = 1
    subscription.resume()
    await subscriber.until(() => subscriber.failures.length === 1)
    expect(subscriber.failures[0]).toMatchObject({ code: 'storage_unavailable' })
    const again = await follow(topics, 'news', subscription.position)
    await again.subscriber.reached(3)
    expect(again.subscriber.offsets).toEqual([1, 2, 3])
  })
})

describe('access', () => {
  test('is checked before anything is sent, and again before each replay', async () => {
    let isAllowed = false
    const authorize = () => {
      if (!isAllowed) throw new AppError('not_found')
    }
    const { topics, append } = await createWorld({ authorize })
    await append('news', 3)
    await expect(follow(topics, 'news', 0)).rejects.toThrow()
    isAllowed = true
    const subscriber = new RecordingSubscriber()
    subscriber.room = 1
    const { subscription } = await follow(topics, 'news', 0, subscriber)
    await subscriber.reached(1)
    await turn()
    isAllowed = false
    subscriber.room = Number.POSITIVE_INFINITY
    subscription.resume()
    await subscriber.until(() => subscriber.failures.length === 1)
    expect(subscriber.offsets).toEqual([1])
  })

  test('that ends for one, whose client then ends others, brings none of them back', async () => {
    let denials = 0
    const authorize = () => {
      denials -= 1
      if (denials === 0) throw new AppError('not_found')
    }
    const { topics, append, connection } = await createWorld({ authorize })
    const [first, second] = [await follow(topics, 'news', null), await follow(topics, 'news', null)]
    await append('news')
    await second.subscriber.reached(1)
    await turn()
    const { promise: isOver, resolve } = Promise.withResolvers<void>()
    first.subscriber.fail = () => {
      second.subscription.close()
      resolve()
    }
    denials = 1
    // Both must continue through the log, because the next event is not in memory.
    connection.exec(`insert into galley_events (topic, "offset", type, at, data) values ('news', 5, 'x', 0, '1')`)
    await append('news')
    await isOver
    for (let n = 0; n < 5; n += 1) await turn()
    expect([second.subscriber.offsets, second.subscriber.gaps]).toEqual([[1], []])
  })
})
