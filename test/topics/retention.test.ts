import { expect, test } from 'vitest'
import { Background } from '../../src/database/cleanup.ts'
import { createTopicCleanup } from '../../src/topics/retention.ts'
import { createTopicRules, topic } from '../../src/topics/topic.ts'
import { createWorld, type World } from './world.ts'
import { createFailingDatabase, turn } from './wrapped-database.ts'

const rules = createTopicRules([
  topic('news', { keep: { events: 5 } }),
  topic('rooms', { partitioned: true, keep: { days: 1 } }),
])

const keep = ({ log, notifier }: World) => createTopicCleanup(log, rules, notifier)

async function untilOldestIs(world: World, name: string, oldest: number): Promise<void> {
  while ((await world.log.range(name)).oldest !== oldest) await turn()
}

test('a topic that grows is trimmed by the way', async () => {
  const world = await createWorld()
  keep(world)
  for (let n = 0; n < 256; n += 1) await world.append('news')
  await untilOldestIs(world, 'news', 252)
})

test('cleanup trims every topic by its own rules, and its partitions', async () => {
  const world = await createWorld()
  const cleanUp = keep(world)
  for (const name of ['news', 'rooms/a', 'rooms/b']) await world.append(name, 8)
  world.clock.ms += 23 * 3_600_000
  await world.append('rooms/b', 2)
  world.clock.ms += 2 * 3_600_000
  await cleanUp(new Background())
  expect(await world.log.range('news')).toEqual({ oldest: 4, newest: 8 })
  expect(await world.log.range('rooms/a')).toEqual({ oldest: 9, newest: 8 })
  expect(await world.log.range('rooms/b')).toEqual({ oldest: 9, newest: 10 })
})

test('a topic that is declared no more is left alone', async () => {
  const world = await createWorld()
  await world.append('former', 8)
  await keep(world)(new Background())
  expect(await world.log.range('former')).toEqual({ oldest: 1, newest: 8 })
})

test('a trim that fails is made up for by the next', async () => {
  const { faults, wrapDatabase } = createFailingDatabase()
  const world = await createWorld({ wrapDatabase })
  const cleanUp = keep(world)
  await world.append('news', 8)
  faults.writesAfter = 0
  await expect(cleanUp(new Background())).rejects.toThrow()
  faults.writesAfter = Number.POSITIVE_INFINITY
  await cleanUp(new Background())
  expect(await world.log.range('news')).toEqual({ oldest: 4, newest: 8 })
})
