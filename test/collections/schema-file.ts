/** A database file that is opened by one declaration after the other, as by the starts of a server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach } from 'vitest'
import { createSqliteDatabase } from '../../adapters/sqlite/database.ts'
import { collection } from '../../src/collections/collection.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import type { Fields } from '../../src/collections/field.ts'
import { applySchema } from '../../src/collections/schema.ts'
import { migrate } from '../../src/database/migrate.ts'

let folder = ''

/** Gives each test of the calling file a folder of its own. */
export function useFolder(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'galley-schema-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
}

/** The file of the running test. */
export const databasePath = () => join(folder, 'test.db')

/** Starts as the server does, on the same file each time, and inspects the connection. */
export function start<T = void>(
  fields: Fields,
  inspect?: (connection: DatabaseSync) => T,
  dropped?: string[],
): Promise<T> {
  return startAll([collection('things', { access: 'open', fields, ...(dropped && { dropped }) })], inspect)
}

export async function startAll<T = void>(
  collections: readonly AnyCollection[],
  inspect: (connection: DatabaseSync) => T = () => undefined as T,
): Promise<T> {
  const connection = new DatabaseSync(databasePath())
  const database = createSqliteDatabase(connection)
  try {
    await database.migrate(async (db) => {
      await migrate(db)
      await applySchema(db, collections)
    })
    return inspect(connection)
  } finally {
    await database.close()
  }
}

export const put =
  (id: string, values: Record<string, string | number> = {}) =>
  (connection: DatabaseSync) => {
    const row = { id, createdAt: 1, version: 1, ...values }
    const blanks = Object.keys(row).map(() => '?')
    connection
      .prepare(`insert into things (${Object.keys(row).join()}) values (${blanks.join()})`)
      .run(...Object.values(row))
  }
export const rows = (connection: DatabaseSync) =>
  connection
    .prepare('select * from things order by id')
    .all()
    .map((row) => ({ ...row }))
export const indexes = (connection: DatabaseSync) =>
  connection
    .prepare(
      "select name from sqlite_master where type = 'index' and tbl_name = 'things' and sql is not null order by name",
    )
    .all()
    .map(({ name }) => name)
