/** Deletes for good what the trash and the histories of rows have kept long enough. */
import { type Background, deleteInSteps, rowsMax } from '../database/cleanup.ts'
import { run } from '../database/steps.ts'
import type { Database, Statement, Steps } from '../ports/database.ts'
import type { AnyCollection } from './declaration.ts'
import { deleteGone, deleteOldEntries, historyAfter, markGone } from './history-store.ts'
import { historyDaysOf, trashDaysOf, undeclaredDays } from './keeping.ts'
import { purgeOld, trashAfter } from './trash-store.ts'

const dayMs = 24 * 60 * 60 * 1000

interface CleanupOptions {
  database: Database
  now(): number
}

/** Returns the function that purges the trash and deletes old entries of histories, collection by collection. */
export function createKeptRowsCleanup(
  collections: readonly AnyCollection[],
  { database, now }: CleanupOptions,
): (background: Background) => Promise<void> {
  const trashDays = new Map(collections.map((each) => [each.name, trashDaysOf(each)]))
  const historyDays = new Map(collections.map((each) => [each.name, historyDaysOf(each)]))

  /** Calls `clear` with each collection that a table has, and the time before which its rows are old. */
  async function forEach(
    next: (name: string) => Statement,
    days: ReadonlyMap<string, number>,
    clear: (name: string, ms: number) => Promise<void>,
  ): Promise<void> {
    const nameAfter = async (name: string) => (await database.read(next(name)))[0]?.name ?? null
    for (let name = await nameAfter(''); name !== null; name = await nameAfter(String(name))) {
      const ms = now() - (days.get(String(name)) ?? undeclaredDays) * dayMs
      if (Number.isFinite(ms)) await clear(String(name), ms)
    }
  }

  return async (background) => {
    await forEach(trashAfter, trashDays, (name, ms) =>
      background.repeat(() => database.write(() => purgeSome(name, ms))),
    )
    await forEach(historyAfter, historyDays, (name, ms) =>
      deleteInSteps(database, background, (limit) => deleteOldEntries(name, ms, limit)),
    )
    await background.repeat(() => database.write(() => deleteGone(rowsMax)))
  }
}

/** Returns false when none are left. */
function* purgeSome(name: string, ms: number): Steps<boolean> {
  const gone = yield* run(purgeOld(name, ms, rowsMax))
  yield gone.map(({ collection = null, id = null }) => markGone(collection, id))
  return gone.length === rowsMax
}
