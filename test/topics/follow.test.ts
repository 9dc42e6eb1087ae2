import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { createFailing, turn } from './between.ts'
import { follow, Taker } from './taker.ts'
import { createWorld, range } from './world.ts'

describe('a subscription', () => {
  test('from now on begins at the newest event and brings what comes', async () => {
    const { topics, append } = await createWorld()
    await append('news', 3)
    const { start, taker, subscription } = await follow(topics, 'news', null)
    expect(start).toEqual({ position: { epoch: 'e1', offset: 3 }, recovered: true })
    await append('news', 2)
    await taker.reached(5)
    expect(taker.offsets).toEqual([4, 5])
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 5 })
  })

  test('after a position brings all that is missing, however much, and then what comes', async () => {
    const { topics, append } = await createWorld()
    await append('news', 1000)
    const { start, taker } = await follow(topics, 'news', 7)
    expect(start).toEqual({ position: { epoch: 'e1', offset: 7 }, recovered: true })
    await append('news', 10)
    await taker.reached(1010)
    await append('news')
    await taker.reached(1011)
    expect(taker.offsets).toEqual(range(8, 1011))
  })

  test.each([
    ['epoch', { epoch: 'e0', offset: 3 }],
    ['future', { epoch: 'e1', offset: 6 }],
    ['trimmed', { epoch: 'e1', offset: 2 }],
  ])('where nothing can go on (%s) begins at the newest event and says why', async (reason, after) => {
    const { topics, append, log } = await createWorld()
    await append('news', 5)
    await log.trim('news', { events: 2, ageMs: 1e12 })
    const { start, taker } = await follow(topics, 'news', after)
    expect(start).toEqual({ position: { epoch: 'e1', offset: 5 }, recovered: false, reason })
    await append('news')
    await taker.reached(6)
    expect(taker.offsets).toEqual([6])
  })

  test('goes on right after what was trimmed, and at the end of it all', async () => {
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
    const taker = new Taker()
    const after = { epoch: 'e1', offset: 0 }
    await append('news', 2)
    const { subscription } = await topics.subscribe({ topic: 'news', principal: null, after, subscriber: taker })
    await append('news', 2)
    await turn()
    expect(taker.offered).toBe(0)
    subscription.resume()
    await taker.reached(4)
    expect(taker.offsets).toEqual([1, 2, 3, 4])
  })

  test('brings nothing after it was closed', async () => {
    const { topics, append } = await createWorld()
    const [gone, there] = [await follow(topics, 'news', null), await follow(topics, 'news', null)]
    await append('news')
    await gone.taker.reached(1)
    gone.subscription.close()
    gone.subscription.close()
    gone.subscription.resume()
    await append('news')
    await there.taker.reached(2)
    expect(gone.taker.offsets).toEqual([1])
  })

  test('is told of its own topic alone', async () => {
    const { topics, append } = await createWorld()
    const { taker } = await follow(topics, 'news/a', null)
    await append('news/b', 3)
    await append('news', 3)
    await append('news/a')
    await taker.reached(1)
    expect(taker.events.map(({ topic }) => topic)).toEqual(['news/a'])
  })

  test('shares the events, and their forms, with all others at the tail', async () => {
    const { topics, append } = await createWorld()
    const followers = await Promise.all(range(1, 20).map(() => follow(topics, 'news', null)))
    await append('news')
    await Promise.all(followers.map(({ taker }) => taker.reached(1)))
    expect(new Set(followers.map(({ taker }) => taker.events[0])).size).toBe(1)
  })
})

describe('a subscriber that takes a part', () => {
  test('gets the rest when it asks for more, once and in order', async () => {
    const { topics, append } = await createWorld()
    const taker = new Taker()
    taker.room = 2
    await append('news', 5)
    const { subscription } = await follow(topics, 'news', 0, taker)
    for (let asked = 1; taker.offsets.length < 9; asked += 1) {
      await taker.until(() => taker.room === 0)
      expect(subscription.position.offset).toBe(taker.offsets.at(-1))
      if (asked === 1) await append('news', 4)
      taker.room = Math.min(2, 9 - taker.offsets.length)
      subscription.resume()
    }
    expect(taker.offsets).toEqual(range(1, 9))
  })

  test('while it follows live, gets the rest from the log', async () => {
    const { topics, append } = await createWorld()
    const { taker, subscription } = await follow(topics, 'news', null)
    await append('news')
    await taker.reached(1)
    taker.room = 1
    await append('news', 3)
    await taker.reached(2)
    taker.room = Number.POSITIVE_INFINITY
    subscription.resume()
    await append('news')
    await taker.reached(5)
    expect(taker.offsets).toEqual(range(1, 5))
  })

  test('that asks for more too often gets nothing twice', async () => {
    const { topics, append } = await createWorld()
    await append('news', 600)
    const { taker, subscription } = await follow(topics, 'news', 0)
    while (taker.offsets.length < 600) {
      subscription.resume()
      await turn()
      subscription.resume()
    }
    await append('news')
    subscription.resume()
    await taker.reached(601)
    expect(taker.offsets).toEqual(range(1, 601))
  })
})

describe('trimming', () => {
  test('of what a reader has not read yet is a gap, and it goes on after that', async () => {
    const { topics, append, log } = await createWorld()
    await append('news', 1000)
    const taker = new Taker()
    taker.room = 3
    const { subscription } = await follow(topics, 'news', 0, taker)
    await taker.reached(3)
    await log.trim('news', { events: 2, ageMs: 1e12 })
    taker.room = Number.POSITIVE_INFINITY
    subscription.resume()
    await taker.until(() => taker.gaps.length === 1)
    const known = taker.offsets.length
    expect(known).toBeLessThan(900)
    expect(taker.gaps).toEqual([{ position: { epoch: 'e1', offset: 1000 }, recovered: false, reason: 'trimmed' }])
    await append('news', 2)
    await taker.reached(1002)
    expect(taker.offsets).toEqual([...range(1, known), 1001, 1002])
  })

  test('of what a reader has read is nothing to it', async () => {
    const { topics, append, log } = await createWorld()
    const { taker } = await follow(topics, 'news', 0)
    for (const newest of [10, 20, 30]) {
      await append('news', 10)
      await taker.reached(newest)
      await log.trim('news', { events: 0, ageMs: 1e12 })
    }
    expect([taker.gaps, taker.offsets]).toEqual([[], range(1, 30)])
  })
})

describe('failures', () => {
  test('a subscriber that throws is over, and the others lack nothing', async () => {
    const { topics, append } = await createWorld()
    const bad = new Taker()
    bad.take = () => {
      throw new Error('a fault of its own')
    }
    const before = await follow(topics, 'news', null)
    await follow(topics, 'news', null, bad)
    const after = await follow(topics, 'news', null)
    for (const newest of [1, 2, 3]) {
      await append('news')
      await after.taker.reached(newest)
    }
    expect(bad.failures).toHaveLength(1)
    expect([before.taker.offsets, after.taker.offsets]).toEqual([range(1, 3), range(1, 3)])
  })

  test('a subscriber that throws when told that it is over takes nothing from the others', async () => {
    const { topics, append } = await createWorld()
    const bad = new Taker()
    bad.take = bad.fail = () => {
      throw new Error('a fault of its own')
    }
    const before = await follow(topics, 'news', null)
    await follow(topics, 'news', null, bad)
    const after = await follow(topics, 'news', null)
    for (const newest of [1, 2, 3]) {
      await append('news')
      await Promise.all([before, after].map(({ taker }) => taker.reached(newest)))
    }
    expect([before.taker.offsets, after.taker.offsets]).toEqual([range(1, 3), range(1, 3)])
  })

  test('a read that fails while it follows is tried again, and nothing is lost', async () => {
    const { faults, between } = createFailing()
    const { topics, append } = await createWorld({ between })
    const { taker } = await follow(topics, 'news', null)
    await append('news')
    await taker.reached(1)
    faults.reads = 1
    await append('news', 3)
    await taker.reached(4)
    expect(taker.offsets).toEqual([1, 2, 3, 4])
  })

  test('a read that fails on the way to the tail ends the subscription with the reason', async () => {
    const { faults, between } = createFailing()
    const { topics, append } = await createWorld({ between })
    await append('news', 3)
    const taker = new Taker()
    const after = { epoch: 'e1', offset: 0 }
    const { subscription } = await topics.subscribe({ topic: 'news', principal: null, after, subscriber: taker })
    faults.reads = 1
    subscription.resume()
    await taker.until(() => taker.failures.length === 1)
    expect(taker.failures[0]).toMatchObject({ code: 'storage_unavailable' })
    const again = await follow(topics, 'news', subscription.position)
    await again.taker.reached(3)
    expect(again.taker.offsets).toEqual([1, 2, 3])
  })
})

describe('access', () => {
  test('is checked before anything is told, and again before each replay', async () => {
    let isAllowed = false
    const authorize = () => {
      if (!isAllowed) throw new AppError('not_found')
    }
    const { topics, append } = await createWorld({ authorize })
    await append('news', 3)
    await expect(follow(topics, 'news', 0)).rejects.toThrow()
    isAllowed = true
    const taker = new Taker()
    taker.room = 1
    const { subscription } = await follow(topics, 'news', 0, taker)
    await taker.reached(1)
    await turn()
    isAllowed = false
    taker.room = Number.POSITIVE_INFINITY
    subscription.resume()
    await taker.until(() => taker.failures.length === 1)
    expect(taker.offsets).toEqual([1])
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
    await second.taker.reached(1)
    await turn()
    const { promise: isOver, resolve } = Promise.withResolvers<void>()
    first.taker.fail = () => {
      second.subscription.close()
      resolve()
    }
    denials = 1
    // Both must go on through the log, because what comes next is not there.
    connection.exec(`insert into galley_events (topic, "offset", type, at, data) values ('news', 5, 'x', 0, '1')`)
    await append('news')
    await isOver
    for (let n = 0; n < 5; n += 1) await turn()
    expect([second.taker.offsets, second.taker.gaps]).toEqual([[1], []])
  })
})
