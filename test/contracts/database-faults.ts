import assert from 'node:assert/strict'
import { runAll } from '../../src/database/steps.ts'
import type { Statement } from '../../src/ports/database.ts'
import { add, all, type Case, codeOf, insert } from './subject.ts'

/** The port's behaviour when the engine under it fails. */
export const faultCases: Case[] = [
  {
    name: 'an error at COMMIT fails the write and keeps nothing of it; the next one works',
    async run(subject) {
      subject.failNextCommit()
      assert.equal(await codeOf(subject.database.write(() => runAll(insert('a'), insert('b')))), 'storage_unavailable')
      assert.deepEqual(await all(subject), {})
      await subject.database.write(() => runAll(insert('a', 2)))
      assert.deepEqual(await all(subject), { a: 2 })
    },
  },
  {
    name: 'an error at COMMIT leaves each of several writes with a true verdict',
    async run(subject) {
      subject.failNextCommit()
      const names = ['a', 'b', 'c', 'd']
      const codes = await Promise.all(names.map((name) => codeOf(subject.database.write(() => runAll(insert(name))))))
      assert.deepEqual(
        Object.keys(await all(subject)),
        names.filter((_, index) => codes[index] === 'ok'),
      )
      assert.ok(codes.filter((code) => code === 'ok').length >= 3)
    },
  },
  {
    name: 'a lost transaction fails the write that lost it and no other, and none happens twice',
    async run(subject) {
      await subject.database.write(() => runAll(insert('count', 0)))
      subject.loseTransactionAt('into parts')
      const part: Statement = { sql: "insert into parts values ('p', null)", parameters: [] }
      const outcomes = [
        subject.database.write(() => runAll(insert('a'), add('count', 1))),
        subject.database.write(() => runAll(insert('b'), part, add('count', 100))),
        subject.database.write(() => runAll(insert('c'), add('count', 1))),
      ]
      const codes = await Promise.all(outcomes.map(codeOf))
      assert.deepEqual([codes[0], codes[2]], ['ok', 'ok'])
      // The loser may have been run again on its own, where the disk had room.
      const lost = codes[1] === 'storage_full'
      assert.ok(lost || codes[1] === 'ok')
      assert.deepEqual(await all(subject), lost ? { a: 0, c: 0, count: 2 } : { a: 0, b: 0, c: 0, count: 102 })
    },
  },
  {
    name: 'a transaction lost by a write that is alone fails it and keeps nothing',
    async run(subject) {
      subject.loseTransactionAt('into parts')
      const part: Statement = { sql: "insert into parts values ('p', null)", parameters: [] }
      assert.equal(await codeOf(subject.database.write(() => runAll(insert('b'), part))), 'storage_full')
      assert.deepEqual(await all(subject), {})
      await subject.database.write(() => runAll(insert('a')))
    },
  },
]
