import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSqliteDatabase } from '../../adapters/sqlite/database.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import { applySchema } from '../../src/collections/schema.ts'
import { migrate } from '../../src/database/migrate.ts'
import type { Database } from '../../src/ports/database.ts'

interface TestDatabase {
  database: Database
  /** The connection itself, to inspect data without the port. */
  connection: DatabaseSync
  /** Replaces the rows of a table. */
  load(table: string, rows: readonly object[]): void
  remove(): Promise<void>
}

/** A migrated database on a file of its own. */
export async function createTestDatabase(collections: readonly AnyCollection[]): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'galley-database-'))
  const connection = new DatabaseSync(join(folder, 'test.db'))
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON')
  const database = createSqliteDatabase(connection)
  await database.migrate(async (db) => {
    await migrate(db)
    await applySchema(db, collections)
  })
  return {
    database,
    connection,
    load(table, rows) {
      connection.exec(`BEGIN; DELETE FROM ${table}`)
      for (const row of rows) {
        const names = Object.keys(row)
        const insert = `INSERT INTO ${table} (${names.join()}) VALUES (${names.map(() => '?').join()})`
        connection.prepare(insert).run(...(Object.values(row) as string[]))
      }
      connection.exec('COMMIT')
    },
    async remove() {
      await database.close()
      rmSync(folder, { recursive: true })
    },
  }
}
