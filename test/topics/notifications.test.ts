import { describe, expect, test } from 'vitest'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import { createFaultyBus } from '../contracts/notifier-faults.ts'
import { createRandom } from '../contracts/notifier-random.ts'
import { follow } from './recording-subscriber.ts'
import { createWorld, range } from './world.ts'

describe.each(range(1, 12))('a notifier that loses, repeats and reorders (seed %i)', (seed) => {
  test('followers get all events once and in order', async () => {
    const random = createRandom(seed)
    const notifier = createFaultyBus({ inner: createLocalNotifier(), random: random.next, checkMs: 5 })
    const { topics, append } = await createWorld({ notifier })
    const followers = [await follow(topics, 'news', null)]
    let newest = 0
    while (newest < 100) {
      const count = 1 + random.below(5)
      newest += count
      await append('news', count)
      if (random.happens(40)) notifier.release()
      if (random.happens(20)) followers.push(await follow(topics, 'news', random.below(newest + 1)))
    }
    await Promise.all(followers.map(({ subscriber }) => subscriber.reached(newest)))
    notifier.release()
    await append('news')
    await Promise.all(followers.map(({ subscriber }) => subscriber.reached(newest + 1)))
    for (const { subscriber, start } of followers) {
      expect(subscriber.offsets).toEqual(range(start.position.offset + 1, newest + 1))
      expect([subscriber.gaps, subscriber.failures]).toEqual([[], []])
    }
  })
})

test('a notification of an event that does not exist yet changes nothing', async () => {
  const { topics, append, notifier } = await createWorld()
  const { subscriber } = await follow(topics, 'news', null)
  for (const offset of [7, 1, 2 ** 53 - 1, 0]) notifier.notify('news', offset)
  await append('news', 3)
  await subscriber.reached(3)
  await append('news')
  await subscriber.reached(4)
  expect([subscriber.offsets, subscriber.gaps]).toEqual([[1, 2, 3, 4], []])
})

test('where every notification is lost, followers poll', async () => {
  const silent = { ...createLocalNotifier(5), notify: () => {} }
  const { topics, append } = await createWorld({ notifier: silent })
  const { subscriber } = await follow(topics, 'news', null)
  for (const newest of [1, 2, 3]) {
    await append('news')
    await subscriber.reached(newest)
  }
  expect(subscriber.offsets).toEqual([1, 2, 3])
})
