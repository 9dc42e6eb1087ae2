import type { Bus, Database, Results } from '../platform.ts'

/** The database, whose writes ring for the topics that they appended to once they are durable. */
export function withDoorbell(database: Database, bus: Bus): Database {
  function ringFor(results: Results): Results {
    for (const [row] of results) {
      if (row?.galley_topic !== undefined) bus.ring(String(row.galley_topic), Number(row.galley_offset))
    }
    return results
  }
  return {
    origin: database.origin,
    read: (statement) => database.read(statement),
    write: (steps) => database.write(steps).then(ringFor),
    check: () => database.check(),
    migrate: (work) => database.migrate(work),
    close: () => database.close(),
  }
}
