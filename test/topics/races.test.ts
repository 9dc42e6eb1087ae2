/** A database that answers reads late, and in another order than they were asked. */
import { expect, test } from 'vitest'
import { createGate, turn } from './between.ts'
import { follow, Taker } from './taker.ts'
import { createWorld } from './world.ts'

test('who comes to the tail while the others are given an event gets it, too', async () => {
  const { gate, between } = createGate()
  const { topics, append } = await createWorld({ between })
  await append('news', 5)
  gate.isHeld = true
  const starting = [follow(topics, 'news', 5), follow(topics, 'news', 5)]
  await gate.answer(0)
  await gate.answer(0)
  const [late, early] = await Promise.all(starting)
  // Both have looked and seen nothing; one is told so at once, the other after the next event.
  await gate.answer(1)
  gate.isHeld = false
  await append('news')
  await early?.taker.reached(6)
  await gate.open()
  await append('news')
  await late?.taker.reached(7)
  expect([late?.taker.offsets, early?.taker.offsets]).toEqual([
    [6, 7],
    [6, 7],
  ])
})

test('a batch that was read for those who have left is not given to who came since', async () => {
  const { gate, between } = createGate()
  const { topics, append } = await createWorld({ between })
  // One that takes nothing yet, so that the topic stays known.
  await topics.subscribe({ topic: 'news', principal: null, after: null, subscriber: new Taker() })
  const gone = await follow(topics, 'news', null)
  await turn()
  gate.isHeld = true
  await append('news', 4)
  while (gate.waiting === 0) await turn()
  gone.subscription.close()
  gate.isHeld = false
  const fresh = await follow(topics, 'news', 4)
  await turn()
  await gate.open()
  await append('news', 2)
  await fresh.taker.reached(6)
  expect(fresh.taker.offsets).toEqual([5, 6])
})

test('a subscription that is closed while its read is on the way stays closed', async () => {
  const { gate, between } = createGate()
  const { topics, append } = await createWorld({ between })
  await append('news', 3)
  const { taker, subscription } = await follow(topics, 'news', 3)
  gate.isHeld = true
  const behind = await (async () => {
    const following = follow(topics, 'news', 0)
    await gate.answer(0)
    return following
  })()
  behind.subscription.close()
  await gate.open()
  await append('news')
  await taker.reached(4)
  expect(behind.taker.offered).toBe(0)
  subscription.close()
})
