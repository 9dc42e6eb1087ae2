import { expect, test } from 'vitest'
import { follow, RecordingSubscriber } from './recording-subscriber.ts'
import { createWorld, range } from './world.ts'

const batchEventsMax = 256

test('a reader that takes nothing during 100,000 events buffers none of them, slows no other reader, and then gets all', async () => {
  const { topics, append } = await createWorld()
  const stuck = new RecordingSubscriber()
  stuck.room = 0
  const { subscription } = await follow(topics, 'news', null, stuck)
  const live = await follow(topics, 'news', null)
  for (let newest = 1000; newest <= 100_000; newest += 1000) {
    await append('news', 1000)
    await live.subscriber.reached(newest)
  }
  expect(live.subscriber.offsets).toEqual(range(1, 100_000))
  expect(stuck.offered).toBeLessThanOrEqual(batchEventsMax)
  stuck.room = Number.POSITIVE_INFINITY
  subscription.resume()
  await stuck.reached(100_000)
  await append('news')
  await Promise.all([stuck.reached(100_001), live.subscriber.reached(100_001)])
  expect(stuck.offsets).toEqual(range(1, 100_001))
})

test('readers at many positions of a long log each get the rest', async () => {
  const { topics, append } = await createWorld()
  await append('news', 3000)
  const starts = [0, 1, 255, 256, 257, 1000, 1500, 2999, 3000]
  const followers = await Promise.all(starts.map((after) => follow(topics, 'news', after)))
  await append('news', 5)
  await Promise.all(followers.map(({ subscriber }) => subscriber.reached(3005)))
  for (const [index, after] of starts.entries()) {
    expect(followers[index]?.subscriber.offsets).toEqual(range(after + 1, 3005))
  }
})
