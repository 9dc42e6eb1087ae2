/** The migrations of an app, from one version of its declarations to the next, on the database of each runtime. */
import assert from 'node:assert/strict'
import { collection } from '../../src/collections/collection.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import { field } from '../../src/collections/field.ts'
import { applySchema } from '../../src/collections/schema.ts'
import { migrate } from '../../src/database/migrate.ts'
import { run, runAll, statement } from '../../src/database/steps.ts'
import { applyMigrations } from '../../src/migrations/apply.ts'
import { change } from '../../src/migrations/change.ts'
import type { Migration } from '../../src/migrations/migration.ts'
import { rename } from '../../src/migrations/rename.ts'
import { sql } from '../../src/migrations/sql.ts'
import type { Database, SqlRow } from '../../src/ports/database.ts'
import type { Case } from './subject.ts'

const rowCount = 250

const before = collection('memos', {
  access: 'open',
  fields: { text: field.text({ max: 100, indexed: true }), size: field.text() },
  search: ['text'],
})
const after = collection('notes', {
  access: 'open',
  fields: { body: field.text({ max: 100, indexed: true }), size: field.integer({ indexed: true }) },
  search: ['body'],
})
const migrations = [
  rename('memos', 'notes'),
  rename('notes', 'text', 'body'),
  change('notes', 'size', field.integer(), (value) => Number(value)),
  sql('double', function* () {
    const [row] = yield* run(statement('select max(size) as most from notes'))
    yield [statement('update notes set size = size * 2 where size = ?', Number(row?.most))]
  }),
]

async function start(database: Database, collections: AnyCollection[], list: Migration[]): Promise<void> {
  await database.migrate(async (db) => {
    await migrate(db)
    await applyMigrations(db, { migrations: list, collections, nowMs: 1000 })
    await applySchema(db, collections)
  })
}

async function read(database: Database, text: string): Promise<SqlRow[]> {
  return (await database.read({ sql: text, parameters: [] })).map((row) => ({ ...row }))
}

async function fill(database: Database): Promise<void> {
  await start(database, [before], [])
  const insert = 'insert into memos (id, createdAt, version, text, size) values (?, 1, 1, ?, ?)'
  const rows = Array.from({ length: rowCount }, (_, n) => statement(insert, `row${n}`, `text ${n}`, `${n}`))
  await database.write(() => runAll(...rows))
}

export const migrationCases: Case[] = [
  {
    name: 'the migrations of an app run once, and their tables, values and search fit the new declarations',
    async run({ database }) {
      await fill(database)
      await start(database, [after], migrations)
      await start(database, [after], migrations)
      const last = rowCount - 1
      assert.deepEqual(
        await read(database, `select body, size, version from notes where id in ('row3', 'row${last}') order by size`),
        [
          { body: 'text 3', size: 3, version: 1000 },
          { body: `text ${last}`, size: 2 * last, version: 1000 },
        ],
      )
      const found = `select count(*) as n from "notes.galley_search" where "notes.galley_search" match 'text'`
      assert.deepEqual(await read(database, found), [{ n: rowCount }])
    },
  },
  {
    name: 'a migration that is refused undoes those before it',
    async run({ database }) {
      await fill(database)
      const bad = change('notes', 'body', field.integer(), 'body')
      await assert.rejects(start(database, [after], [...migrations, bad]), /not valid/)
      assert.deepEqual(await read(database, 'select count(*) as n from memos'), [{ n: rowCount }])
      assert.deepEqual(await read(database, 'select count(*) as n from galley_app_migrations'), [{ n: 0 }])
    },
  },
]
