/** Deletes for good what the trash and the histories of rows have kept long enough. */
import { type Background, deleteInSteps, rowsMax } from '../database/cleanup.ts'
import { run } from '../database/steps.ts'
import type { Statement, Steps } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { AnyCollection } from './declaration.ts'
import { deleteGone, deleteOldEntries, historyAfter, markGone, oldestEntry } from './history-store.ts'
import { historyDaysOf, trashDaysOf, undeclaredDays } from './keeping.ts'
import { oldestTrashed, purgeOld, trashAfter } from './trash-store.ts'

const dayMs = 24 * 60 * 60 * 1000

/** A table that keeps something of many collections. */
interface KeptTable {
  daysOf(collection: AnyCollection): number
  nextAfter(name: string): Statement
  oldestOf(name: string): Statement
  /** Deletes what is from before `ms`. */
  clear(name: string, ms: number, background: Background): Promise<void>
}

/**
 * Returns the function that purges the trash and deletes old entries of histories, collection by collection. A runtime that stops an
 * idle server starts it again for the next time.
 */
export function createKeptRowsCleanup(
  collections: readonly AnyCollection[],
  { database, now, scheduler }: Pick<Platform, 'database' | 'now' | 'scheduler'>,
): (background: Background) => Promise<void> {
  const declared = new Map(collections.map((each) => [each.name, each]))
  const tables: KeptTable[] = [
    {
      daysOf: trashDaysOf,
      nextAfter: trashAfter,
      oldestOf: oldestTrashed,
      clear: (name, ms, background) => background.repeat(() => database.write(() => purgeSome(name, ms))),
    },
    {
      daysOf: historyDaysOf,
      nextAfter: historyAfter,
      oldestOf: oldestEntry,
      clear: (name, ms, background) =>
        deleteInSteps(database, background, (limit) => deleteOldEntries(name, ms, limit)),
    },
  ]

  const first = async (select: Statement) => (await database.read(select))[0]

  async function clearAll({ daysOf, nextAfter, oldestOf, clear }: KeptTable, background: Background): Promise<void> {
    const nameAfter = async (name: string) => (await first(nextAfter(name)))?.name ?? null
    for (let each = await nameAfter(''); each !== null; each = await nameAfter(String(each))) {
      const name = String(each)
      const collection = declared.get(name)
      const keptMs = (collection === undefined ? undeclaredDays : daysOf(collection)) * dayMs
      if (keptMs === Number.POSITIVE_INFINITY) continue
      await clear(name, now() - keptMs, background)
      const oldest = (await first(oldestOf(name)))?.ms ?? null
      if (oldest !== null) scheduler?.wakeAt(Number(oldest) + keptMs)
    }
  }

  return async (background) => {
    for (const table of tables) await clearAll(table, background)
    await background.repeat(() => database.write(() => deleteGone(rowsMax)))
  }
}

/** Returns false when none are left. */
function* purgeSome(name: string, ms: number): Steps<boolean> {
  const gone = yield* run(purgeOld(name, ms, rowsMax))
  yield gone.map(({ collection = null, id = null }) => markGone(collection, id))
  return gone.length === rowsMax
}
