/** One database in memory, on which versions of an app start one after the other. */
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach } from 'vitest'
import { createSqliteDatabase } from '../../adapters/sqlite/database.ts'
import { testServer } from '../../adapters/testing/on-workers.ts'
import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import type { AnyCollection, CollectionOptions } from '../../src/collections/declaration.ts'
import type { Fields } from '../../src/collections/field.ts'
import type { Migration } from '../../src/migrations/migration.ts'
import type { Database } from '../../src/ports/database.ts'

import { createTestPlatform } from '../harness/platform.ts'

let connection: DatabaseSync
let database: Database
let now = Date.UTC(2027, 0, 1)

/** Gives each test of the calling file a database of its own. */
export function useDatabase(): void {
  beforeEach(() => {
    connection = new DatabaseSync(':memory:')
    database = createSqliteDatabase(connection)
  })
  afterEach(() => database.close())
}

export const stored = (sql: string) => connection.prepare(sql).all()

/** Starts a version of the app; time goes on between two. */
export function startApp(collections: readonly AnyCollection[], migrations: readonly Migration[] = []) {
  now += 1000
  return testServer({ collections, migrations }, { database, now, seed: now })
}

/** The changes that a start of this version would make. */
export function plan(collections: readonly AnyCollection[], migrations: readonly Migration[]) {
  return createApp(createTestPlatform({ database }), { collections, migrations }).planMigration()
}

/** A collection that is open to all. */
export function notes<F extends Fields>(fields: F, more: Partial<CollectionOptions<F>> = {}, name = 'notes') {
  return collection(name, { access: 'open', ...more, fields })
}

/** Everything that is stored, to see that nothing has changed. */
export function snapshot(): unknown {
  const tables = stored("select name, sql from sqlite_schema where name not like '%.galley_search%' order by name")
  const rows = tables.flatMap(({ name, sql }) =>
    String(sql).startsWith('CREATE TABLE') || String(sql).startsWith('create table')
      ? [[name, stored(`select * from "${String(name)}"`)]]
      : [],
  )
  return { tables, rows }
}
