/**
 * The database port over the SQLite of a Durable Object. It is local and synchronous, and the object's output gate holds every
 * response until the writes before it are durable. So a write runs immediately and needs no group: the runtime commits
 * together the writes between two awaits.
 */
import { createKysely } from '../../src/database/dialect.ts'
import { databaseError } from '../../src/database/failure.ts'
import { Attempt, runWrite } from '../../src/database/steps.ts'
import type { Database, SqlRow, SqlValue, Statement } from '../../src/ports/database.ts'
import { fitParameters } from './parameters.ts'

/** The part of `DurableObjectStorage` that is used. */
export interface ObjectStorage {
  sql: { exec(sql: string, ...parameters: SqlValue[]): { toArray(): unknown[] } }
  transactionSync<T>(work: () => T): T
  transaction<T>(work: () => Promise<T>): Promise<T>
}

export function createObjectDatabase(storage: ObjectStorage): Database {
  const run = (sql: string, parameters: readonly SqlValue[]) =>
    storage.sql.exec(sql, ...parameters).toArray() as SqlRow[]

  const execute = (statement: Statement) => {
    const { sql, parameters } = fitParameters(statement)
    return run(sql, parameters)
  }

  return {
    origin: 'durable object',
    read(statement) {
      try {
        return execute(statement)
      } catch (error) {
        throw databaseError(error)
      }
    },
    async write(write) {
      try {
        const attempt = new Attempt()
        const result = storage.transactionSync(() => runWrite(write, execute, attempt))
        attempt.committed()
        return result
      } catch (error) {
        throw databaseError(error)
      }
    },
    async check() {
      await this.read({ sql: 'select 1', parameters: [] })
    },
    migrate: (work) => storage.transaction(() => work(createKysely(run))),
    async close() {},
  }
}
