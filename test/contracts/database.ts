/**
 * The contract of the `Database` port, faults included. The cases know no test
 * runner, because they also run inside Deno and workerd: a case is good when it does not throw.
 */
import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { one, run, runAll } from '../../src/database/steps.ts'
import type { AppError } from '../../src/errors.ts'
import type { SqlValue, Statement, Steps } from '../../src/ports/database.ts'
import { faultCases } from './database-faults.ts'
import { migrationCases } from './database-migrations.ts'
import { modelCase } from './database-model.ts'
import { sizeCases } from './database-sizes.ts'
import { add, all, type Case, codeOf, insert, prepare } from './subject.ts'

const plain: Case[] = [
  {
    name: 'a write resolves with the rows of each statement',
    async run({ database }) {
      const results = await database.write(() => runAll(insert('a', 1), add('a', 2)))
      assert.deepEqual(
        results.map((rows) => rows.map((row) => ({ ...row }))),
        [[{ id: 'a', n: 1 }], [{ n: 3 }]],
      )
    },
  },
  {
    name: 'a write without statements resolves with what its steps return',
    async run({ database }) {
      assert.deepEqual(await database.write(() => runAll()), [])
      const value = await database.write(function* () {
        yield []
        return 7
      })
      assert.equal(value, 7)
    },
  },
  {
    name: 'a read sees every write that has resolved',
    async run(subject) {
      for (let n = 0; n < 20; n += 1) {
        await subject.database.write(() => runAll(insert(`k${n}`, n)))
        assert.equal((await all(subject))[`k${n}`], n)
      }
    },
  },
  {
    name: 'text, integers, reals and null come back as they went in',
    async run(subject) {
      const values: SqlValue[] = ['', 'ünï 🚢 \u{10ffff}', 0, -1, 2 ** 53 - 1, 0.1, -1e300, null]
      await subject.database.write(() => runAll(...values.map((value, index) => insert(`v${index}`, value))))
      assert.deepEqual(Object.values(await all(subject)), values)
    },
  },
  {
    name: 'a failing guard undoes its whole write and fails with its own error',
    async run(subject) {
      await subject.database.write(() => runAll(insert('a', 1)))
      assert.equal(
        await codeOf(subject.database.write(() => runAll(insert('b'), add('a', 5), add('missing', 1)))),
        'not_found',
      )
      assert.deepEqual(await all(subject), { a: 1 })
    },
  },
  {
    name: 'a guard that fails leaves the writes beside it alone',
    async run(subject) {
      const names = Array.from({ length: 90 }, (_, n) => `k${String(n).padStart(2, '0')}`)
      const outcomes = names.map((name, n) =>
        codeOf(
          subject.database.write(function* () {
            yield [insert(name, n)]
            if (n % 3 === 0) yield [add('missing', 1)]
          }),
        ),
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
      await subject.database.write(() => runAll(named('a')))
      const error = await subject.database
        .write(() => runAll(insert('b'), named('c')))
        .then(
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
      await subject.database.write(() =>
        runAll(insert('a'), { sql: "insert into parts values ('p', 'a')", parameters: [] }),
      )
      const remove = { sql: "delete from things where id = 'a'", parameters: [] }
      assert.equal(await codeOf(subject.database.write(() => runAll(remove))), 'conflict')
      assert.deepEqual(Object.keys(await all(subject)), ['a'])
    },
  },
  {
    name: 'a statement may depend on the rows that earlier ones returned',
    async run(subject) {
      await subject.database.write(() => runAll(insert('a', 20)))
      const sum = await subject.database.write(function* () {
        const { n } = yield* one(add('a', 1))
        yield [insert('double', 2 * Number(n))]
        return 3 * Number(n)
      })
      assert.equal(sum, 63)
      assert.deepEqual(await all(subject), { a: 21, double: 42 })
    },
  },
  {
    name: 'steps that throw fail their own write only, with what they threw',
    async run(subject) {
      const thrower = function* () {
        yield [insert('b')]
        throw Object.assign(new Error('no'), { code: 'mine' })
      }
      const outcomes = [
        codeOf(subject.database.write(() => runAll(insert('a')))),
        codeOf(subject.database.write(thrower)),
        codeOf(
          subject.database.write(() => {
            throw Object.assign(new Error('no'), { code: 'early' })
          }),
        ),
        codeOf(subject.database.write(() => runAll(insert('c')))),
      ]
      assert.deepEqual(await Promise.all(outcomes), ['ok', 'mine', 'early', 'ok'])
      assert.deepEqual(Object.keys(await all(subject)), ['a', 'c'])
    },
  },
  {
    name: 'writes that read and then change do not lose one another',
    async run(subject) {
      await subject.database.write(() => runAll(insert('a', 0)))
      const read: Statement = { sql: "select n from things where id = 'a'", parameters: [] }
      const set = (n: number): Statement => ({ sql: "update things set n = ? where id = 'a'", parameters: [n] })
      const increment = () =>
        subject.database.write(function* () {
          const [row] = yield* run(read)
          yield [set(Number(row?.n) + 1)]
        })
      await Promise.all(Array.from({ length: 500 }, increment))
      assert.deepEqual(await all(subject), { a: 500 })
    },
  },
  {
    name: 'steps may be composed, in loops and under conditions',
    async run(subject) {
      function* addTwice(id: string): Steps<number> {
        yield [add(id, 1)]
        return Number((yield* one(add(id, 1))).n)
      }
      const sums = await subject.database.write(function* () {
        const sums: number[] = []
        for (const id of ['a', 'b', 'c']) {
          const [row] = yield* run(insert(id, id === 'b' ? 10 : 0))
          if (Number(row?.n) > 0) sums.push(yield* addTwice(id))
        }
        return sums
      })
      assert.deepEqual(sums, [12])
      assert.deepEqual(await all(subject), { a: 0, b: 12, c: 0 })
    },
  },
  {
    name: 'a batch returns the rows of each statement, run in order',
    async run({ database }) {
      const counts = await database.write(function* () {
        yield []
        const results = yield [insert('a', 1), add('a', 2), add('a', 4)]
        return results.map((rows) => rows.map(({ n }) => n))
      })
      assert.deepEqual(counts, [[1], [3], [7]])
    },
  },
  {
    name: 'a write that is tried again makes its steps afresh, and sees what is stored then',
    async run(subject) {
      await subject.database.write(() => runAll(insert('a', 0)))
      const seen: number[][] = []
      const increment = () => {
        const read: number[] = []
        seen.push(read)
        return (function* (): Steps<number> {
          const { n } = yield* one(add('a', 1))
          read.push(Number(n))
          return Number(n)
        })()
      }
      const halfDone = () => runAll(add('a', 100), add('missing', 1))
      const write = subject.database.write.bind(subject.database)
      const outcomes = [write(increment), write(halfDone).then(Number, () => -1), write(increment)]
      assert.deepEqual(await Promise.all(outcomes), [1, -1, 2])
      assert.deepEqual(await all(subject), { a: 2 })
      assert.ok(seen.every((read) => read.length <= 1))
    },
  },
  {
    name: 'steps are not resumed after a statement of theirs that fails',
    async run({ database }) {
      const write = database.write(function* () {
        try {
          yield [add('missing', 1)]
        } catch {
          yield [insert('caught')]
        }
      })
      assert.equal(await codeOf(write), 'not_found')
    },
  },
  {
    name: 'SQL that is wrong fails its own write only',
    async run(subject) {
      const wrong: Statement = { sql: 'insert into nowhere values (1)', parameters: [] }
      const outcomes = [
        subject.database.write(() => runAll(insert('a'))),
        subject.database.write(() => runAll(insert('b'), wrong)),
      ]
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
      await subject.database.write(() => runAll(insert('a')))
    },
  },
]

export const databaseCases: Case[] = [...plain, ...sizeCases, ...faultCases, ...migrationCases, modelCase].map(
  ({ name, run }) => ({
    name,
    async run(subject) {
      await prepare(subject)
      await run(subject)
    },
  }),
)
