/** Topics over a real database, which a test may wrap. */
import type { DatabaseSync } from 'node:sqlite'
import { afterEach } from 'vitest'
import { runAll } from '../../src/database/steps.ts'
import type { Database, Statement } from '../../src/ports/database.ts'
import type { Notifier } from '../../src/ports/notifier.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import type { Identity } from '../../src/request/identity.ts'
import type { EventExpander } from '../../src/topics/event-expander.ts'
import { createTopicLog, type TopicLog } from '../../src/topics/log.ts'
import { createTopics, type Topics } from '../../src/topics/topics.ts'
import { createTestDatabase } from '../harness/database.ts'

export interface World {
  database: Database
  connection: DatabaseSync
  notifier: Notifier
  log: TopicLog
  topics: Topics
  clock: { ms: number }
  /** Appends so many events in one write, `{"n":offset}` with some more data. */
  append(topic: string, count?: number, more?: string): Promise<void>
}

export interface WorldOptions {
  /** Makes the events of a reader who asks for `expand`. */
  prepare?: EventExpander['prepare']
  notifier?: Notifier
  /** Wraps the database. */
  wrapDatabase?(database: Database): Database
  authorize?(topic: string, principal: Identity | null): void
}

const removals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const remove of removals.splice(0)) await remove()
})

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const {
    notifier = createLocalNotifier(),
    wrapDatabase = (database) => database,
    authorize = () => {},
    prepare = asTheyAre,
  } = options
  const { database: stored, connection, remove } = await createTestDatabase([])
  removals.push(remove)
  const database = wrapDatabase(stored)
  const clock = { ms: Date.UTC(2026, 0, 1) }
  const log = createTopicLog({ database, notifier, now: () => clock.ms })
  const statement = (topic: string, more: string): Statement => log.append(topic, 'made', JSON.stringify(more))
  return {
    database,
    connection,
    notifier,
    log,
    topics: createTopics({ log, notifier: notifier, epoch: () => 'e1', authorize, expander: { prepare } }),
    clock,
    async append(topic, count = 1, more = '') {
      await database.write(() => runAll(...Array.from({ length: count }, () => statement(topic, more))))
    },
  }
}

const asTheyAre: EventExpander['prepare'] = () => null

/** Whole numbers, both ends included. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
