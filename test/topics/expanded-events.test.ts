/** Readers whose events are made for them before they are delivered. */
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { TopicEvent } from '../../src/topics/event.ts'
import type { ExpandEvents } from '../../src/topics/event-expander.ts'
import { follow, RecordingSubscriber } from './recording-subscriber.ts'
import { createWorld, range } from './world.ts'

const expanded = ({ topic, offset, type, atMs }: TopicEvent) => new TopicEvent(topic, offset, type, atMs, '"expanded"')

/** Expands a few events at a time, each time some turns later. */
function slowly(few: number, turns: number): ExpandEvents {
  return async (events) => {
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
    return events.slice(0, few).map(expanded)
  }
}

test('any reader gets every event once and in order, however slow it and its expansion are', async () => {
  const steps = fc.array(fc.constantFrom('append', 'append many', 'room', 'turn', 'other'), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 7 }), fc.nat(3), async (steps, few, turns) => {
      const { topics, append } = await createWorld({
        prepare: (_, expand) => (expand === null ? null : slowly(few, turns)),
      })
      const subscriber = new RecordingSubscriber()
      subscriber.room = 3
      const { subscription } = await follow(topics, 'news', 0, subscriber, 'x')
      let count = 0
      for (const step of steps) {
        if (step === 'turn') await new Promise(setImmediate)
        else if (step === 'room') {
          subscriber.room += 5
          subscription.resume()
        } else if (step === 'other') (await follow(topics, 'news', 0)).subscription.close()
        else {
          const more = step === 'append' ? 1 : 9
          await append('news', more)
          count += more
        }
      }
      subscriber.room = Number.POSITIVE_INFINITY
      subscription.resume()
      if (count > 0) await subscriber.reached(count)
      expect(subscriber.offsets).toEqual(range(1, count))
      for (const { json } of subscriber.events) expect(json).toBe('"expanded"')
      subscription.close()
    }),
    { numRuns: 10 },
  )
})

test('a reader with too few units waits, gets its events later, and others do not wait', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let mayExpand = false
  let asked = Promise.withResolvers<void>()
  const { topics, append } = await createWorld({
    prepare: (_, expand) =>
      expand === null
        ? null
        : async (events) => {
            asked.resolve()
            return mayExpand ? events.map(expanded) : null
          },
  })
  const { subscriber, subscription } = await follow(topics, 'news', null, undefined, 'x')
  const other = await follow(topics, 'news', null)
  await append('news', 2)
  await other.subscriber.reached(2)
  await asked.promise
  expect(subscriber.offsets).toEqual([])
  asked = Promise.withResolvers()
  mayExpand = true
  vi.advanceTimersByTime(1000)
  await subscriber.reached(2)
  expect(subscriber.offsets).toEqual([1, 2])
  mayExpand = false
  await vi.runAllTimersAsync()
  await append('news')
  await other.subscriber.reached(3)
  await asked.promise
  subscription.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('an expansion that fails ends its reader alone, and one whose reader left delivers nothing', async () => {
  const latch = Promise.withResolvers<void>()
  const { topics, append } = await createWorld({
    prepare: (_, expand) => async (events) => {
      await latch.promise
      if (expand === 'fail') throw new AppError('storage_unavailable')
      return events
    },
  })
  const failing = await follow(topics, 'news', null, undefined, 'fail')
  const leaving = await follow(topics, 'news', null, undefined, 'leave')
  const staying = await follow(topics, 'news', null, undefined, 'stay')
  await append('news')
  leaving.subscription.close()
  latch.resolve()
  await staying.subscriber.reached(1)
  await failing.subscriber.until(() => failing.subscriber.failures.length > 0)
  expect([failing.subscriber.offsets, leaving.subscriber.offsets]).toEqual([[], []])
})

test('access that is lost while events are expanded keeps them back', async () => {
  const latch = Promise.withResolvers<void>()
  let isAllowed = true
  const { topics, append } = await createWorld({
    authorize: () => {
      if (!isAllowed) throw new AppError('forbidden')
    },
    prepare: () => async (events) => {
      await latch.promise
      return events
    },
  })
  const { subscriber } = await follow(topics, 'news', null, undefined, 'x')
  await append('news')
  isAllowed = false
  latch.resolve()
  await subscriber.until(() => subscriber.failures.length > 0)
  expect(subscriber.offsets).toEqual([])
})
