/** An app with jobs on a database file of its own, whose clock and timers the test moves. */
import type { DatabaseSync } from 'node:sqlite'
import { createApp } from '../../src/app.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import type { AnyJob } from '../../src/jobs/job.ts'
import type { Database } from '../../src/ports/database.ts'
import type { Metrics } from '../../src/ports/metrics.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createTestPlatform } from '../harness/platform.ts'

export interface World {
  app: ReturnType<typeof createApp>
  database: Database
  /** The connection itself, to put data into the file. */
  connection: DatabaseSync
  metrics: Metrics
  /** All rows of the table of jobs. */
  stored(): Promise<readonly Record<string, unknown>[]>
  /** Moves the clock to a time, and runs what is due. */
  runAt(ms: number): Promise<void>
  /** Another process on the same file. */
  another(jobs: readonly AnyJob[], collections?: readonly AnyCollection[]): Promise<World>
  remove(): Promise<void>
}

export const startMs = Date.UTC(2027, 0, 4, 9)

/** @param collections of the app */
export async function createWorld(jobs: readonly AnyJob[], collections: readonly AnyCollection[] = []): Promise<World> {
  const { database, connection, remove } = await createTestDatabase(collections)
  const clock = { ms: startMs }

  async function begin(own: readonly AnyJob[], declared = collections): Promise<World> {
    let run = async () => {}
    const scheduler = {
      wakeAt() {},
      listen: (callback: () => Promise<void>) => {
        run = callback
      },
      close() {},
    }
    const platform = createTestPlatform({ database, now: () => clock.ms, scheduler })
    const app = createApp(platform, { jobs: own, collections: declared })
    await app.start()
    return {
      app,
      database,
      connection,
      metrics: platform.metrics,
      stored: async () => await database.read({ sql: 'select * from galley_jobs order by id', parameters: [] }),
      async runAt(ms) {
        clock.ms = ms
        await run()
      },
      another: begin,
      remove,
    }
  }
  return await begin(jobs)
}
