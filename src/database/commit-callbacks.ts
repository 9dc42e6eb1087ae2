import type { Database, SqlRow, Statement, Steps } from '../ports/database.ts'

/** Wraps a database so that `afterCommit` of a statement runs once its write has resolved. */
export function withCommitCallbacks(database: Database): Database {
  return {
    origin: database.origin,
    read: (statement) => database.read(statement),
    async write(write) {
      let done: Done[] = []
      const result = await database.write(() => {
        done = []
        return collectDone(write(), done)
      })
      for (const { statement, rows } of done) statement.afterCommit?.(rows)
      return result
    },
    check: () => database.check(),
    migrate: (work) => database.migrate(work),
    close: () => database.close(),
  }
}

interface Done {
  statement: Statement
  rows: readonly SqlRow[]
}

/** Passes steps on, and collects their statements that want to know of the commit. */
function* collectDone<T>(steps: Steps<T>, done: Done[]): Steps<T> {
  let next = steps.next()
  while (!next.done) {
    const statements = next.value
    const results = yield statements
    statements.forEach((statement, index) => {
      if (statement.afterCommit) done.push({ statement, rows: results[index] ?? [] })
    })
    next = steps.next(results)
  }
  return next.value
}
