import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createSqliteDatabase } from '../../adapters/sqlite/database.ts'
import { collection } from '../../src/collections/collection.ts'
import type { AnyCollection } from '../../src/collections/declaration.ts'
import { type Field, field } from '../../src/collections/field.ts'
import { migrations } from '../../src/database/migrate.ts'
import type { SqlValue } from '../../src/ports/database.ts'
import { databasePath, indexes, put, rows, start, startAll, useFolder } from './schema-file.ts'

useFolder()

test('a declaration becomes a table with an index for each indexed field', async () => {
  const fields = { a: field.text({ indexed: true }), b: field.integer(), c: field.text({ unique: true }) }
  expect(await start(fields, indexes)).toEqual(['things.a', 'things.c', 'things.createdAt'])
})

test('a start without a change writes nothing', async () => {
  const fields = { a: field.text({ indexed: true }) }
  const changes = (connection: DatabaseSync) => connection.prepare('select total_changes() as n').get()?.n
  await start(fields, put('x', { a: '1' }))
  expect(await start(fields, changes)).toBe(0)
})

test('a collection without fields is opened again, and may get its first field', async () => {
  await start({}, put('x'))
  await start({})
  const fields = { a: field.text({ optional: true }) }
  expect(await start(fields, rows)).toEqual([{ id: 'x', createdAt: 1, version: 1, a: null }])
})

test('a new field gets its column, and old rows its default', async () => {
  await start({ a: field.text() }, put('x', { a: '1' }))
  const now = { a: field.text(), done: field.boolean({ default: true }), note: field.text({ optional: true }) }
  expect(await start(now, rows)).toEqual([{ id: 'x', createdAt: 1, version: 1, a: '1', done: 1, note: null }])
})

test('a new required field without a default is refused while there are rows, and taken when there are none', async () => {
  await start({ a: field.text() }, put('x'))
  await expect(start({ a: field.text(), b: field.text() })).rejects.toThrow(/things\.(a|b) is required/)
  await start({}, (connection) => connection.exec('delete from things'))
  await start({ a: field.text(), b: field.text() })
})

test('a removed field keeps its data, does not prevent new rows, and is restored with its declaration', async () => {
  const both = { a: field.text({ indexed: true }), b: field.text({ default: 'new' }) }
  await start(both, put('x', { a: '1', b: '2' }))
  expect(await start({ b: both.b }, indexes)).toEqual(['things.createdAt'])
  await start({ a: both.a }, put('y', { a: '3' }))
  expect(await start(both, rows)).toEqual([
    { id: 'x', createdAt: 1, version: 1, a: '1', b: '2' },
    { id: 'y', createdAt: 1, version: 1, a: '3', b: 'new' },
  ])
  expect(await start(both, indexes)).toContain('things.a')
})

test('a changed type is refused with advice, and nothing is changed', async () => {
  await start({ a: field.text(), b: field.text() }, put('x', { a: '1', b: '1' }))
  const changed = { c: field.text({ default: '' }), a: field.integer() }
  await expect(start(changed)).rejects.toThrow(
    /things\.a is declared as integer.*stored was declared as text.*old type.*change\('things', 'a', …\)/,
  )
  expect(await start({ a: field.text() }, rows)).toEqual([{ id: 'x', createdAt: 1, version: 1, a: '1', b: '1' }])
})

test('indexing, no longer indexing and making unique only change the index', async () => {
  await start({ a: field.text() }, put('x', { a: '1' }))
  expect(await start({ a: field.text({ indexed: true }) }, indexes)).toContain('things.a')
  expect(await start({ a: field.text() }, indexes)).not.toContain('things.a')
  await start({ a: field.text({ unique: true }) }, (connection) => {
    expect(() => put('y', { a: '1' })(connection)).toThrow(/UNIQUE/)
  })
})

test('unique is refused where equal values are stored', async () => {
  await start({ a: field.text() }, (connection) => ['x', 'y'].map((id) => put(id, { a: 'same' })(connection)))
  await expect(start({ a: field.text({ unique: true }) })).rejects.toThrow(
    /things\.a is declared unique, but equal values/,
  )
})

/** Tables of version 0.1, as it created them. */
const storedTables = `
  CREATE TABLE "people" ("id" text not null primary key, "createdAt" integer not null, "version" integer not null);
  CREATE INDEX "people.createdAt" on "people" ("createdAt", "id");
  CREATE TABLE "things" ("id" text not null primary key, "createdAt" integer not null, "version" integer not null,
    "text" text, "name" text, "choice" text, "boolean" integer, "integer" integer, "number" real, "timestamp" integer,
    "json" text, "reference" text references "people" ("id") on delete restrict);
  CREATE INDEX "things.createdAt" on "things" ("createdAt", "id");
  CREATE INDEX "things.text" on "things" ("text", "createdAt", "id");
  CREATE UNIQUE INDEX "things.name" on "things" ("name");
  CREATE INDEX "things.boolean" on "things" ("boolean", "createdAt", "id");
  CREATE INDEX "things.timestamp" on "things" ("timestamp", "createdAt", "id");
  CREATE INDEX "things.reference" on "things" ("reference", "createdAt", "id");
  INSERT INTO galley_fields (collection, field, declaration) VALUES
    ('things', 'text', '{"type":"text","optional":false,"index":"plain","references":null,"present":true}'),
    ('things', 'name', '{"type":"text","optional":false,"index":"unique","references":null,"present":true}'),
    ('things', 'choice', '{"type":"text","optional":false,"index":"none","references":null,"present":true}'),
    ('things', 'boolean', '{"type":"boolean","optional":false,"index":"plain","references":null,"present":true}'),
    ('things', 'integer', '{"type":"integer","optional":false,"index":"none","references":null,"present":true}'),
    ('things', 'number', '{"type":"number","optional":true,"index":"none","references":null,"present":true}'),
    ('things', 'timestamp', '{"type":"timestamp","optional":false,"index":"plain","references":null,"present":true}'),
    ('things', 'json', '{"type":"json","optional":false,"index":"none","references":null,"present":true}'),
    ('things', 'reference', '{"type":"text","optional":false,"index":"plain","references":"people","present":true}')`

test('a database of version 0.1 opens, its rows read the same, and nothing but its foreign keys is gone', async () => {
  const fields = {
    text: field.text({ indexed: true }),
    name: field.text({ unique: true }),
    choice: field.choice(['a', 'b'], { default: 'a' }),
    boolean: field.boolean({ indexed: true }),
    integer: field.integer(),
    number: field.number({ optional: true }),
    timestamp: field.timestamp({ indexed: true }),
    json: field.json(z.array(z.string())),
    reference: field.reference('people'),
  }
  const person = '0'.repeat(26)
  const stored = { text: 't', name: 'n', choice: 'b', boolean: 1, integer: 7, number: 0.5, timestamp: 1, json: '["x"]' }
  await start({}, (connection) => {
    connection.exec(`DROP TABLE things; ${storedTables}; INSERT INTO people VALUES ('${person}', 1, 1)`)
    put('x', { ...stored, reference: person })(connection)
  })
  const opened = await start(fields, (connection) => ({
    row: rows(connection)[0],
    keys: connection.prepare('pragma foreign_key_list(things)').all(),
    indexes: indexes(connection),
  }))
  expect(opened.keys).toEqual([])
  expect(opened.indexes).toHaveLength(6)
  const decoded = Object.entries(fields).map(([name, { column }]) => [
    name,
    column.decode((opened.row?.[name] as SqlValue) ?? null),
  ])
  expect(Object.fromEntries(decoded)).toEqual({
    ...stored,
    boolean: true,
    timestamp: '1970-01-01T00:00:00.001Z',
    json: ['x'],
    reference: person,
  })
})

test('a database that a newer version wrote is refused', async () => {
  await start({}, (connection) => connection.exec("insert into galley_migrations values ('999_future', '2030')"))
  await expect(start({})).rejects.toThrow(/newer version.*999_future/)
})

test('a name that cannot be one is refused', () => {
  for (const name of ['', 'Todos', 'galley_x', 'sqlite_x', 'a-b', '1a', 'a'.repeat(41)]) {
    expect(() => collection(name, { access: 'open', fields: {} })).toThrow(TypeError)
  }
  for (const name of ['id', 'createdAt', 'version', '__proto', 'a b', '']) {
    expect(() => collection('things', { access: 'open', fields: { [name]: field.text() } })).toThrow(TypeError)
  }
})

const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(26))
const people = collection('people', { access: 'open', fields: { name: field.text({ default: '' }) } })
const referring = (reference: Field) => collection('things', { access: 'open', fields: { person: reference } })

/** A row that refers to a person, in a table with a foreign key, as earlier versions made it. */
function storeReference(connection: DatabaseSync): void {
  for (const id of ids) connection.exec(`insert into people (id, createdAt, version) values ('${id}', 1, 1)`)
  if (indexes(connection).includes('things.person')) connection.exec('drop index "things.person"')
  connection.exec('alter table things drop column person')
  connection.exec('alter table things add column "person" text references "people" ("id") on delete restrict')
  connection.exec('create index "things.person" on things (person, createdAt, id)')
  put('x', { person: ids[0] ?? '' })(connection)
}

const deletePerson = (connection: DatabaseSync) =>
  connection.prepare('delete from people where id = ?').run(ids[0] ?? '').changes

test.each<[string, readonly AnyCollection[]]>([
  ['a removed field', [people, collection('things', { access: 'open', fields: {} })]],
  ['a removed collection', [people]],
  ['a field that is declared', [people, referring(field.reference('people'))]],
])('no foreign key of %s is left to block a deletion', async (_, collections) => {
  await startAll([people, referring(field.reference('people'))], storeReference)
  expect(await startAll(collections, deletePerson)).toBe(1)
})

test('a reference that comes back refers to none of the rows that are gone', async () => {
  const both = [people, referring(field.reference('people', { optional: true }))]
  for (const without of [[people, collection('things', { access: 'open', fields: {} })], [people]]) {
    await startAll(both, (connection) => {
      connection.exec('delete from things; delete from people')
      storeReference(connection)
      put('y', { person: ids[1] ?? '' })(connection)
    })
    await startAll(without, deletePerson)
    expect(await startAll(both, rows)).toMatchObject([
      { id: 'x', person: null },
      { id: 'y', person: ids[1] },
    ])
  }
})

test('a required reference that comes back is refused while rows refer to nothing', async () => {
  const both = [people, referring(field.reference('people'))]
  await startAll(both, storeReference)
  await startAll([people], deletePerson)
  await expect(startAll(both)).rejects.toThrow(/things\.person is required/)
})

test('a field whose name changes by case alone keeps its data and its index', async () => {
  await start({ title: field.text({ indexed: true }), old: field.text() }, put('x', { title: 'T', old: 'O' }))
  await start({ Title: field.text({ indexed: true }) })
  const now = { TITLE: field.text({ indexed: true }), Old: field.text() }
  const opened = await start(now, (connection) => ({ rows: rows(connection), indexes: indexes(connection) }))
  expect(opened.rows).toEqual([{ id: 'x', createdAt: 1, version: 1, TITLE: 'T', Old: 'O' }])
  expect(opened.indexes).toEqual(['things.TITLE', 'things.createdAt'])
  await expect(start({ title: field.integer() })).rejects.toThrow(/things\.title is declared as integer/)
})

test('the data of a dropped field is deleted, and its name is free for another type', async () => {
  await start({ a: field.text({ indexed: true }), b: field.text() }, put('x', { a: '1', b: '2' }))
  expect(await start({ b: field.text() }, rows, ['a', 'never_declared'])).toEqual([
    { id: 'x', createdAt: 1, version: 1, b: '2' },
  ])
  await start({ b: field.text(), a: field.integer({ default: 7 }) })
  expect(() => collection('things', { access: 'open', fields: { a: field.text() }, dropped: ['a'] })).toThrow(TypeError)
})

test('more columns than every engine takes are refused with advice, until fields are dropped', async () => {
  const fieldsOf = (prefix: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, field.text({ optional: true })]))
  const kept = fieldsOf('kept', 60)
  await start({ ...kept, ...fieldsOf('old', 20) })
  const renamed = { ...kept, ...fieldsOf('new', 20) }
  await expect(start(renamed)).rejects.toThrow(/103 columns, and 100 is the maximum.*dropped.*: old0, old1,/)
  await start(renamed, undefined, ['old0', 'old1', 'old2'])
})

test.each<[string, Field, Field]>([
  ['JSON', field.json(z.json()), field.json(z.json(), { default: 'filled' })],
  ['optional text', field.text({ optional: true }), field.text({ optional: true, default: 'filled' })],
])('a stored null of %s is still null when its removed field comes back', async (_, before, after) => {
  const encoded = before.column.encode(null)
  await start({ a: before }, (connection) =>
    connection.prepare('insert into things (id, createdAt, version, a) values (?, 1, 1, ?)').run('x', encoded),
  )
  await start({})
  const [row] = await start({ a: after }, rows)
  expect(after.column.decode(row?.a as SqlValue)).toBeNull()
})

test('the JSON null of a database of an earlier version is kept, too', async () => {
  await start({ a: field.json(z.json()), b: field.text({ optional: true }) }, put('x'))
  const database = createSqliteDatabase(new DatabaseSync(databasePath()))
  await database.migrate(async (db) => migrations['008_json_null']?.up(db))
  await database.close()
  await start({})
  const filled = { a: field.json(z.json(), { default: 1 }), b: field.text({ default: 'filled' }) }
  expect(await start(filled, rows)).toMatchObject([{ a: 'null', b: 'filled' }])
})

test('a list of references has an index of the rows that are stored, and loses ids of rows that were deleted meanwhile', async () => {
  const target = collection('targets', { access: 'open', fields: {} })
  const withFields = (fields: Record<string, Field>) => [target, collection('things', { access: 'open', fields })]
  const entries = (field: string) => (connection: DatabaseSync) =>
    connection
      .prepare(`select galley_target from "things.${field}.galley_references"`)
      .all()
      .map((row) => row.galley_target)
  await startAll(withFields({}), (connection) => {
    put('x')(connection)
    connection.exec("insert into targets values ('a', 1, 1), ('b', 1, 1)")
  })
  const fields = { links: field.references('targets') }
  await startAll(withFields(fields), (connection) => {
    expect(rows(connection)).toMatchObject([{ id: 'x', links: '[]' }])
    connection.exec(`update things set links = '["b","a"]'`)
    expect(entries('links')(connection)).toEqual(['a', 'b'])
  })
  await startAll(withFields({}), (connection) => {
    const left = connection
      .prepare("select name from sqlite_schema where name like '%galley\\_%' escape '\\' and tbl_name like 'things%'")
      .all()
    expect(left).toEqual([])
    connection.exec("delete from targets where id = 'b'")
  })
  const renamed = { Links: field.references('targets') }
  expect(await startAll(withFields(renamed), rows)).toMatchObject([{ Links: '["a"]' }])
  expect(await startAll(withFields(renamed), entries('Links'))).toEqual(['a'])
  const changed = { Links: field.list(field.text(), { default: [] }) }
  await expect(startAll(withFields(changed))).rejects.toThrow('was declared as references to targets')
})
