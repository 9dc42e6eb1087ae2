/**
 * The contract of the `Database` port, faults included. The cases know no test
 * runner, because they also run inside Deno and workerd: a case is good when it does not throw.
 */
import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { AppError } from '../../src/errors.ts'
import type { SqlValue, Statement } from '../../src/ports/database.ts'
import { faultCases } from './database-faults.ts'
import { modelCase } from './database-model.ts'
import { add, all, type Case, codeOf, insert, prepare } from './subject.ts'

const plain: Case[] = [
  {
    name: 'a write resolves with the rows of each statement',
    async run({ database }) {
      const results = await database.write([insert('a', 1), add('a', 2)])
      assert.deepEqual(
        results.map((rows) => rows.map((row) => ({ ...row }))),
        [[{ id: 'a', n: 1 }], [{ n: 3 }]],
      )
    },
  },
  {
    name: 'a write without statements resolves with nothing',
    async run({ database }) {
      assert.deepEqual(await database.write([]), [])
    },
  },
  {
    name: 'a read sees every write that has resolved',
    async run(subject) {
      for (let n = 0; n < 20; n += 1) {
        await subject.database.write([insert(`k${n}`, n)])
        assert.equal((await all(subject))[`k${n}`], n)
      }
    },
  },
  {
    name: 'text, integers, reals and null come back as they went in',
    async run(subject) {
      const values: SqlValue[] = ['', 'ünï 🚢 \u{10ffff}', 0, -1, 2 ** 53 - 1, 0.1, -1e300, null]
      await subject.database.write(values.map((value, index) => insert(`v${index}`, value)))
      assert.deepEqual(Object.values(await all(subject)), values)
    },
  },
  {
    name: 'a statement takes a hundred parameters',
    async run({ database }) {
      const parameters = Array.from({ length: 100 }, (_, n) => n)
      const [row] = await database.read({ sql: `select ${parameters.map(() => '?').join('+')} as sum`, parameters })
      assert.equal(row?.sum, 4950)
    },
  },
  {
    name: 'a failing guard undoes its whole write and fails with its own error',
    async run(subject) {
      await subject.database.write([insert('a', 1)])
      assert.equal(await codeOf(subject.database.write([insert('b'), add('a', 5), add('missing', 1)])), 'not_found')
      assert.deepEqual(await all(subject), { a: 1 })
    },
  },
  {
    name: 'a guard that fails leaves the writes beside it alone',
    async run(subject) {
      const names = Array.from({ length: 90 }, (_, n) => `k${String(n).padStart(2, '0')}`)
      const outcomes = names.map((name, n) =>
        codeOf(subject.database.write(n % 3 === 0 ? [insert(name, n), add('missing', 1)] : [insert(name, n)])),
      )
      const codes = await Promise.all(outcomes)
      assert.deepEqual(
        codes,
        names.map((_, n) => (n % 3 === 0 ? 'not_found' : 'ok')),
      )
      assert.deepEqual(
        Object.keys(await all(subject)),
        names.filter((_, n) => n % 3 !== 0),
      )
    },
  },
  {
    name: 'a broken constraint is a conflict that names the field, and undoes its write',
    async run(subject) {
      const named = (id: string): Statement => ({
        sql: 'insert into things (id, name) values (?, ?)',
        parameters: [id, 'x'],
      })
      await subject.database.write([named('a')])
      const error = await subject.database.write([insert('b'), named('c')]).then(
        () => null,
        (reason: AppError) => reason,
      )
      assert.equal(error?.code, 'conflict')
      assert.equal(error?.details[0]?.field, 'name')
      assert.deepEqual(Object.keys(await all(subject)), ['a'])
    },
  },
  {
    name: 'a row that another one names can not be deleted',
    async run(subject) {
      await subject.database.write([insert('a'), { sql: "insert into parts values ('p', 'a')", parameters: [] }])
      const remove = { sql: "delete from things where id = 'a'", parameters: [] }
      assert.equal(await codeOf(subject.database.write([remove])), 'conflict')
      assert.deepEqual(Object.keys(await all(subject)), ['a'])
    },
  },
  {
    name: 'a statement may be a function of the rows that earlier ones returned',
    async run(subject) {
      await subject.database.write([insert('a', 20)])
      await subject.database.write([add('a', 1), (earlier) => insert('double', 2 * Number(earlier[0]?.[0]?.n))])
      assert.deepEqual(await all(subject), { a: 21, double: 42 })
    },
  },
  {
    name: 'a function that throws fails its own write only, with what it threw',
    async run(subject) {
      const thrower = () => {
        throw Object.assign(new Error('no'), { code: 'mine' })
      }
      const outcomes = [
        codeOf(subject.database.write([insert('a')])),
        codeOf(subject.database.write([insert('b'), thrower])),
        codeOf(subject.database.write([insert('c')])),
      ]
      assert.deepEqual(await Promise.all(outcomes), ['ok', 'mine', 'ok'])
      assert.deepEqual(Object.keys(await all(subject)), ['a', 'c'])
    },
  },
  {
    name: 'writes that read and then change do not lose one another',
    async run(subject) {
      await subject.database.write([insert('a', 0)])
      const read: Statement = { sql: "select n from things where id = 'a'", parameters: [] }
      const set = (n: number): Statement => ({ sql: "update things set n = ? where id = 'a'", parameters: [n] })
      const increment = () => subject.database.write([read, (earlier) => set(Number(earlier[0]?.[0]?.n) + 1)])
      await Promise.all(Array.from({ length: 500 }, increment))
      assert.deepEqual(await all(subject), { a: 500 })
    },
  },
  {
    name: 'SQL that is wrong fails its own write only',
    async run(subject) {
      const wrong: Statement = { sql: 'insert into nowhere values (1)', parameters: [] }
      const outcomes = [subject.database.write([insert('a')]), subject.database.write([insert('b'), wrong])]
      const codes = await Promise.all(outcomes.map(codeOf))
      assert.equal(codes[0], 'ok')
      assert.notEqual(codes[1], 'ok')
      assert.deepEqual(Object.keys(await all(subject)), ['a'])
    },
  },
  {
    name: 'a migration that throws leaves nothing behind',
    async run(subject) {
      const migration = subject.database.migrate(async (db) => {
        await sql`create table half (id text)`.execute(db)
        await sql`insert into things (id) values ('half')`.execute(db)
        throw new Error('no')
      })
      assert.equal(await codeOf(migration), 'other')
      const tables = await subject.database.read({
        sql: "select name from sqlite_master where name = 'half'",
        parameters: [],
      })
      assert.equal(tables.length, 0)
      assert.deepEqual(await all(subject), {})
      await subject.database.write([insert('a')])
    },
  },
]

export const databaseCases: Case[] = [...plain, ...faultCases, modelCase].map(({ name, run }) => ({
  name,
  async run(subject) {
    await prepare(subject)
    await run(subject)
  },
}))
