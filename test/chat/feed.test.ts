import { expect, test } from 'vitest'
import { Feed } from '../../src/client/feed.js'
import type { MessageClient } from '../../src/client/message-client.js'
import type { Follower } from '../../src/client/subscription.js'

/** A loaded feed, and the subscription that it began. */
async function follow() {
  const followers: Follower[] = []
  const subscribe = (_topic: string, _after: unknown, follower: Follower) => {
    followers.push(follower)
    return { close: () => {} }
  }
  const applied: unknown[] = []
  const gaps = { count: 0 }
  const feed = new Feed({ subscribe } as unknown as MessageClient, 'todos', {
    apply: (type, row) => applied.push([type, row]),
    onGap: () => {
      gaps.count += 1
    },
  })
  const load = () => feed.load(async () => ({ epoch: 'e', offset: 0 }), false)
  await load()
  return { followers, applied, gaps, load }
}

const event = (offset: number, type: string, data: unknown) => ({ topic: 'todos', offset, type, at: '', data })

test('an event whose data was blanked is skipped, and the later one has the row', async () => {
  const { followers, applied } = await follow()
  for (const each of [event(1, 'created', null), event(2, 'updated', { id: 'a' }), event(3, 'deleted', { id: 'b' })])
    followers[0]?.event(each)
  expect(applied).toEqual([
    ['updated', { id: 'a' }],
    ['deleted', { id: 'b' }],
  ])
})

test('a subscription that the server ends makes the list load again, and a new one follows', async () => {
  const { followers, gaps, load } = await follow()
  followers[0]?.end?.()
  expect(gaps.count).toBe(1)
  await load()
  expect(followers).toHaveLength(2)
})
