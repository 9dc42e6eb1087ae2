/** Indexes of several fields and of the words of a search, as the starts of a server keep them. */
import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { collection } from '../../src/collections/collection.ts'
import { type Fields, field } from '../../src/collections/field.ts'
import { indexes, put, start, startAll, useFolder } from './schema-file.ts'

useFolder()

const texts = { title: field.text({ default: '' }), notes: field.text({ optional: true }) }

/** Opens a collection with these options, and returns the ids of the rows that have a word. */
function matching({ fields = texts, search }: { fields?: Fields; search: string[] }, word: string): Promise<unknown[]> {
  const things = collection('things', { access: 'open', fields, search })
  return startAll([things], (connection) =>
    connection
      .prepare(`select id from "things.galley_search" join "things.galley_rows" on number = "things.galley_search".rowid
        where "things.galley_search" match ? order by id`)
      .all(word)
      .map(({ id }) => id),
  )
}

const objects = (connection: DatabaseSync) =>
  connection
    .prepare("select name from sqlite_schema where name like '%galley\\_%' escape '\\' and name like 'things.%'")
    .all().length

test('a search that is declared later finds the rows that are stored, and another declaration is applied', async () => {
  await start(texts, (connection) => {
    put('x', { title: 'door', notes: 'green' })(connection)
    put('y', { title: 'window' })(connection)
  })
  expect(await matching({ search: ['title'] }, 'door')).toEqual(['x'])
  expect(await matching({ search: ['title'] }, 'green')).toEqual([])
  expect(await matching({ search: ['title', 'notes'] }, 'green')).toEqual(['x'])
  expect(await matching({ search: ['notes'] }, 'door')).toEqual([])
  expect(await start(texts, objects)).toBe(0)
})

test('a start with the same search and indexes writes nothing', async () => {
  const things = collection('things', {
    access: 'open',
    fields: { a: field.text({ max: 10 }), b: field.integer() },
    search: ['a'],
    indexes: [['a', 'b']],
    unique: [['b', 'a']],
  })
  await startAll([things], put('x', { a: '1', b: 2 }))
  expect(await startAll([things], (c) => c.prepare('select total_changes() as n').get()?.n)).toBe(0)
})

test('fields of a search may be renamed by case, removed and dropped', async () => {
  await matching({ search: ['title', 'notes'] }, 'x')
  await startAll([], put('x', { title: 'door', notes: 'green' }))
  const renamed = { Title: texts.title, notes: texts.notes }
  expect(await matching({ fields: renamed, search: ['Title', 'notes'] }, 'green')).toEqual(['x'])
  expect(await matching({ fields: { Title: texts.title }, search: ['Title'] }, 'door')).toEqual(['x'])
  await start({}, undefined, ['Title', 'notes'])
  expect(await start({}, objects)).toBe(0)
})

test('a search of a collection that is not declared is no longer kept', async () => {
  await matching({ search: ['title'] }, 'x')
  expect(await startAll([], objects)).toBe(0)
})

test('indexes of several fields are created and dropped with their declarations', async () => {
  const fields = { a: field.text({ max: 10 }), b: field.integer() }
  const open = (options: object) => startAll([collection('things', { access: 'open', fields, ...options })], indexes)
  expect(await open({ indexes: [['a', 'b']], unique: [['b', 'a']] })).toEqual([
    'things.a.b',
    'things.b.a',
    'things.createdAt',
  ])
  expect(await open({ unique: [['a', 'b']] })).toEqual(['things.a.b', 'things.createdAt'])
  await startAll([collection('things', { access: 'open', fields, unique: [['a', 'b']] })], (connection) => {
    put('x', { a: '1', b: 2 })(connection)
    expect(() => put('y', { a: '1', b: 2 })(connection)).toThrow(/UNIQUE/)
  })
  expect(await start({ b: fields.b }, indexes, ['a'])).toEqual(['things.createdAt'])
})

test('fields that are declared unique together are refused where equal values are stored', async () => {
  const fields = { a: field.text({ max: 10 }), b: field.integer() }
  await start(fields, (connection) => ['x', 'y'].map((id) => put(id, { a: 'same', b: 1 })(connection)))
  const unique = collection('things', { access: 'open', fields, unique: [['a', 'b']] })
  await expect(startAll([unique])).rejects.toThrow(/a and b of things are declared unique together, but equal values/)
})

test.each([
  [{ indexes: [['a']] }],
  [{ indexes: [['a', 'a']] }],
  [{ indexes: [['a', 'c']] }],
  [{ indexes: [['a', 'b']], unique: [['a', 'b']] }],
  [{ indexes: [['a', 'long']] }],
  [{ unique: [['a', 'tags']] }],
  [{ search: [] }],
  [{ search: ['a', 'a'] }],
  [{ search: ['b'] }],
  [{ search: ['person'] }],
  [{ search: ['c'] }],
])('a declaration with %j is refused', (options) => {
  const fields = {
    a: field.text({ max: 10 }),
    b: field.integer(),
    long: field.text(),
    tags: field.list(field.text()),
    person: field.reference('people'),
  }
  expect(() => collection('things', { access: 'open', fields, ...(options as object) })).toThrow(TypeError)
})
