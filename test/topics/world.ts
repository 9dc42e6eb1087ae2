/** Topics over a real database, with all that can be put between them. */
import type { DatabaseSync } from 'node:sqlite'
import { afterEach } from 'vitest'
import type { Identity } from '../../src/auth/identity.ts'
import type { Bus, Database, Statement } from '../../src/platform.ts'
import { createLocalBus } from '../../src/topics/bus.ts'
import { withDoorbell } from '../../src/topics/doorbell.ts'
import { createTopicLog, type TopicLog } from '../../src/topics/log.ts'
import { createTopics, type Topics } from '../../src/topics/topics.ts'
import { createTestDatabase } from '../harness/database.ts'

export interface World {
  database: Database
  connection: DatabaseSync
  bus: Bus
  log: TopicLog
  topics: Topics
  clock: { ms: number }
  /** Appends so many events in one write, `{"n":offset}` with some more data. */
  append(topic: string, count?: number, more?: string): Promise<void>
}

export interface WorldOptions {
  bus?: Bus
  /** What stands between topics and their database. */
  between?(database: Database): Database
  authorize?(topic: string, principal: Identity | null): void
}

const removals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const remove of removals.splice(0)) await remove()
})

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { bus = createLocalBus(), between = (database) => database, authorize = () => {} } = options
  const { database: stored, connection, remove } = await createTestDatabase([])
  removals.push(remove)
  const database = withDoorbell(between(stored), bus)
  const clock = { ms: Date.UTC(2026, 0, 1) }
  const log = createTopicLog({ database, now: () => clock.ms })
  const statement = (topic: string, more: string): Statement => log.append(topic, 'made', JSON.stringify(more))
  return {
    database,
    connection,
    bus,
    log,
    topics: createTopics({ log, bus, epoch: () => 'e1', authorize }),
    clock,
    async append(topic, count = 1, more = '') {
      await database.write(Array.from({ length: count }, () => statement(topic, more)))
    },
  }
}

/** Whole numbers, both ends included. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
