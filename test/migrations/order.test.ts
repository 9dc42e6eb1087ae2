/** The list of migrations against what has run; each refusal leaves the database as it was. */
import { expect, test } from 'vitest'
import { field } from '../../src/collections/field.ts'
import { StartError } from '../../src/errors.ts'
import { change } from '../../src/migrations/change.ts'
import type { Migration } from '../../src/migrations/migration.ts'
import { rename } from '../../src/migrations/rename.ts'
import { sql } from '../../src/migrations/sql.ts'
import { notes, plan, snapshot, startApp, stored, useDatabase } from './world.ts'

useDatabase()

const before = notes({ a: field.text({ indexed: true }), n: field.text() }, { search: ['a'] })
const after = notes({ b: field.text({ indexed: true }), n: field.text() }, { search: ['b'] })
const aToB = rename('notes', 'a', 'b')

/** Expects that a start is refused, and that nothing has changed. */
async function refuse(migrations: readonly Migration[], message: RegExp, collections = [after]): Promise<void> {
  const was = snapshot()
  const start = startApp(collections, migrations)
  await expect(start).rejects.toThrow(message)
  await expect(start).rejects.toBeInstanceOf(StartError)
  expect(snapshot()).toEqual(was)
}

async function fill(): Promise<void> {
  const app = await startApp([before])
  await app.as('system').collection(before).create({ a: '1', n: '1' })
}

test('each migration runs once, in order', async () => {
  await fill()
  const runs: string[] = []
  const step = (name: string) =>
    sql(name, function* () {
      runs.push(name)
      yield []
    })
  await startApp([after], [aToB, step('one')])
  await startApp([after], [aToB, step('one')])
  await startApp([after], [aToB, step('one'), step('two')])
  expect(runs).toEqual(['one', 'two'])
  expect(stored('select number, name from galley_app_migrations')).toEqual([
    { number: 1, name: 'rename notes.a to b' },
    { number: 2, name: 'one' },
    { number: 3, name: 'two' },
  ])
})

test('a new database is made as declared, and its migrations count as done', async () => {
  const later = sql('later', 'insert into galley_epoch values (1, 2)')
  await startApp([after], [aToB, change('notes', 'n', field.integer(), Number), later])
  expect(stored('select count(*) as n from galley_app_migrations')).toEqual([{ n: 3 }])
  await startApp([after], [aToB, change('notes', 'n', field.integer(), Number), later])
})

test('a list that differs from what has run is refused with the reason', async () => {
  await fill()
  const [one, two] = [sql('one', 'select 1'), sql('two', 'select 2')]
  await startApp([after], [aToB, one, two])
  await refuse([aToB, one], /newer version of the app, which has the migration "two"/)
  await refuse([], /newer version/)
  await refuse([aToB, two], /"one" ran on this database, and is missing in the list, where "two"/)
  await refuse([aToB, sql('one', 'select 3'), two], /"one" was edited after it ran/)
  await refuse([aToB, two, one], /"two" stands before "one".* end of the list/)
  await refuse([sql('zero', 'select 0'), aToB, one, two], /"zero" stands before "rename notes.a to b"/)
  await startApp([after], [aToB, sql('one', ' select\n 1 '), two, sql('three', 'select 3')])
})

test.each<[string, Migration, RegExp]>([
  ['a field that is not there', rename('notes', 'x', 'y'), /no field notes.x is stored/],
  ['a field whose new name is taken', rename('notes', 'b', 'n'), /notes.n is stored already/],
  ['a collection that is not there', rename('x', 'y'), /no collection x is stored/],
  ['a collection whose new name is taken', rename('notes', 'notes'), /notes is stored already/],
  [
    'a value that is not valid',
    change('notes', 'n', field.integer({ max: 0 }), Number),
    /new value of the row \w+ is not valid: /,
  ],
  ['a value of another type', change('notes', 'n', field.integer(), "'x'"), /not valid/],
  ['an unreadable value', change('notes', 'n', field.list(field.text()), "'['"), /not valid/],
  [
    'a function that throws',
    change('notes', 'n', field.integer(), () => {
      throw new Error('odd')
    }),
    /its function failed: odd/,
  ],
  [
    'a reference to nothing',
    change('notes', 'n', field.reference('notes'), () => '0'.repeat(26)),
    /one of notes that is not there/,
  ],
])('%s is refused, and nothing is changed', async (_, migration, message) => {
  await fill()
  await refuse([sql('first', "update notes set n = '2'"), aToB, migration], message)
})

test('SQL that fails changes nothing', async () => {
  await fill()
  const was = snapshot()
  await expect(startApp([after], [aToB, sql('bad', 'update missing set a = 1')])).rejects.toThrow('missing')
  expect(snapshot()).toEqual(was)
})

test('a rename but for case keeps the data', async () => {
  await fill()
  const upper = notes({ A: field.text({ indexed: true }), n: field.text() })
  const app = await startApp([upper], [rename('notes', 'a', 'A')])
  expect((await app.as('system').collection(upper).list()).rows).toMatchObject([{ A: '1' }])
})

test('a changed kind without a migration is refused, and names the migration', async () => {
  await fill()
  await refuse([], /change\('notes', 'n', …\)/, [notes({ a: field.text(), n: field.integer() })] as never)
})

test('a dry run tells what would change, and changes nothing', async () => {
  await fill()
  const was = snapshot()
  expect(await plan([before], [])).toEqual({ migrations: [], declarations: [] })
  expect(await plan([notes({ b: field.text({ indexed: true }), c: field.integer({ default: 1 }) })], [aToB])).toEqual({
    migrations: ['rename notes.a to b'],
    declarations: ['retire the field notes.n, whose data stays', 'add the field notes.c', 'add the index notes.b'],
  })
  await expect(plan([after], [rename('notes', 'x', 'b')])).rejects.toThrow('no field notes.x')
  expect(snapshot()).toEqual(was)
})
