/** A database that resolves reads late and in another order than they were called. */
import { expect, test } from 'vitest'
import { follow, RecordingSubscriber } from './recording-subscriber.ts'
import { createWorld } from './world.ts'
import { createDelayedDatabase, turn } from './wrapped-database.ts'

test('a subscriber that reaches the tail while an event is delivered gets it, too', async () => {
  const { latch, wrapDatabase } = createDelayedDatabase()
  const { topics, append } = await createWorld({ wrapDatabase })
  await append('news', 5)
  latch.isHeld = true
  const starting = [follow(topics, 'news', 5), follow(topics, 'news', 5)]
  await latch.response(0)
  await latch.response(0)
  const [late, early] = await Promise.all(starting)
  // Both have read nothing; one read resolves at once, the other after the next event.
  await latch.response(1)
  latch.isHeld = false
  await append('news')
  await early?.subscriber.reached(6)
  await latch.open()
  await append('news')
  await late?.subscriber.reached(7)
  expect([late?.subscriber.offsets, early?.subscriber.offsets]).toEqual([
    [6, 7],
    [6, 7],
  ])
})

test('a batch that was read for former subscribers does not go to newer ones', async () => {
  const { latch, wrapDatabase } = createDelayedDatabase()
  const { topics, append } = await createWorld({ wrapDatabase })
  // A subscriber that takes nothing yet, so that the topic stays in memory.
  await topics.subscribe({ topic: 'news', principal: null, after: null, subscriber: new RecordingSubscriber() })
  const gone = await follow(topics, 'news', null)
  await turn()
  latch.isHeld = true
  await append('news', 4)
  while (latch.waiting === 0) await turn()
  gone.subscription.close()
  latch.isHeld = false
  const fresh = await follow(topics, 'news', 4)
  await turn()
  await latch.open()
  await append('news', 2)
  await fresh.subscriber.reached(6)
  expect(fresh.subscriber.offsets).toEqual([5, 6])
})

test('a subscription that is closed while its read is on the way stays closed', async () => {
  const { latch, wrapDatabase } = createDelayedDatabase()
  const { topics, append } = await createWorld({ wrapDatabase })
  await append('news', 3)
  const { subscriber, subscription } = await follow(topics, 'news', 3)
  latch.isHeld = true
  const behind = await (async () => {
    const following = follow(topics, 'news', 0)
    await latch.response(0)
    return following
  })()
  behind.subscription.close()
  await latch.open()
  await append('news')
  await subscriber.reached(4)
  expect(behind.subscriber.offered).toBe(0)
  subscription.close()
})
