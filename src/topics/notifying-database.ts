import type { Database, Results } from '../ports/database.ts'
import type { Notifier } from '../ports/notifier.ts'

/** The database, whose writes ring for the topics that they appended to once they are durable. */
export function createNotifyingDatabase(database: Database, notifier: Notifier): Database {
  function notifyOf(results: Results): Results {
    for (const [row] of results) {
      if (row?.galley_topic !== undefined) notifier.notify(String(row.galley_topic), Number(row.galley_offset))
    }
    return results
  }
  return {
    origin: database.origin,
    read: (statement) => database.read(statement),
    write: (steps) => database.write(steps).then(notifyOf),
    check: () => database.check(),
    migrate: (work) => database.migrate(work),
    close: () => database.close(),
  }
}
