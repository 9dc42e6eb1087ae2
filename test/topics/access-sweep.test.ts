import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AppError } from '../../src/errors.ts'
import type { Identity } from '../../src/request/identity.ts'
import { AccessSweep, oncePerTurn } from '../../src/topics/access-sweep.ts'
import { createPresence } from '../../src/topics/presence.ts'
import { follow, RecordingSubscriber } from './recording-subscriber.ts'
import { createWorld } from './world.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

/** A rule that the test can turn false for all. */
function createRule() {
  const rule = { isOpen: true, asked: 0 }
  const authorize = () => {
    rule.asked += 1
    if (!rule.isOpen) throw new AppError('not_found')
  }
  return { rule, authorize }
}

test('readers that follow, that wait for room and that have not begun end within a second', async () => {
  const { rule, authorize } = createRule()
  const { topics, append } = await createWorld({ authorize })
  await append('news', 3)
  const following = await follow(topics, 'news', null)
  const full = new RecordingSubscriber()
  full.room = 1
  await follow(topics, 'news', 0, full)
  await full.reached(1)
  const idle = new RecordingSubscriber()
  await topics.subscribe({ topic: 'news', principal: null, after: null, subscriber: idle })
  rule.isOpen = false
  vi.advanceTimersByTime(1000)
  for (const { failures } of [following.subscriber, full, idle]) expect(failures).toMatchObject([{ code: 'not_found' }])
  rule.asked = 0
  vi.advanceTimersByTime(10_000)
  expect(rule.asked).toBe(0)
})

test('a reader that gets an event after its rule turned false gets its end instead', async () => {
  const { rule, authorize } = createRule()
  const { topics, append } = await createWorld({ authorize })
  const { subscriber } = await follow(topics, 'news', null)
  await append('news')
  await subscriber.reached(1)
  rule.isOpen = false
  await append('news')
  await subscriber.until(() => subscriber.failures.length === 1)
  expect(subscriber.offsets).toEqual([1])
})

test('all members of a topic leave within a second, and nobody is checked any more', () => {
  const { rule, authorize } = createRule()
  const presence = createPresence({ authorize, sweep: new AccessSweep(1000) })
  const removed: string[] = []
  for (const id of ['a', 'b']) {
    const member = { id, user: null, name: id, state: null }
    presence.join('chat', member, { principal: null, notify: () => {}, remove: () => removed.push(id) })
  }
  rule.isOpen = false
  vi.advanceTimersByTime(1000)
  expect([removed, presence.members('chat')]).toEqual([['a', 'b'], []])
  rule.asked = 0
  vi.advanceTimersByTime(10_000)
  expect(rule.asked).toBe(0)
})

test('a rule is asked once a turn for each topic and identity', async () => {
  const { rule, authorize } = createRule()
  const ask = oncePerTurn(authorize)
  const who = {} as Identity
  for (let count = 0; count < 5; count += 1) for (const each of [null, who]) ask('news', each)
  ask('chat', null)
  expect(rule.asked).toBe(3)
  await Promise.resolve()
  rule.isOpen = false
  for (let count = 0; count < 2; count += 1) expect(() => ask('news', null)).toThrow()
  expect(rule.asked).toBe(4)
})
