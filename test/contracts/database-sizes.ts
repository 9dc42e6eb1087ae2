/** Statements and tables as large as every engine must take them. */
import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Case } from './subject.ts'

export const sizeCases: Case[] = [
  {
    name: 'a statement takes a thousand parameters, of every kind and with their marks in quotes',
    async run({ database }) {
      const numbers = [5e-324, 0.1, 2 ** 53 - 1, Number.MAX_VALUE]
      for (const count of [95, 96, 97, 996]) {
        const texts = Array.from({ length: count }, (_, n) => `"?'\u0001 \u{10ffff} ${n}`)
        const parameters = [...texts, ...numbers]
        const inside = `? in (?${',?'.repeat(count - 2)})`
        const sql = `select '?''?' as "?", ${inside} as found, ? as a, ? as b, ? as c, ? as d`
        const [row] = await database.read({ sql, parameters })
        assert.deepEqual({ ...row }, { '?': "?'?", found: 0, a: 5e-324, b: 0.1, c: 2 ** 53 - 1, d: Number.MAX_VALUE })
        const [same] = await database.read({ sql, parameters: [texts.at(-1) ?? '', ...parameters.slice(1)] })
        assert.equal(same?.found, 1)
      }
    },
  },
  {
    name: 'a statement takes a thousand numbers',
    async run({ database }) {
      const parameters = Array.from({ length: 1000 }, (_, n) => n)
      const sums = Array.from({ length: 20 }, () => `(${Array.from({ length: 50 }, () => '?').join('+')})`)
      const [row] = await database.read({ sql: `select ${sums.join('+')} as sum`, parameters })
      assert.equal(row?.sum, 499_500)
    },
  },
  {
    name: 'a migration fills a table to a hundred columns, and drops one for another',
    async run({ database }) {
      const add = (name: string) => sql`alter table things add column ${sql.ref(name)} text references things (id)`
      await database.migrate(async (db) => {
        for (let n = 3; n < 100; n += 1) await add(`c${n}`).execute(db)
        await db.schema.createIndex('dropped').on('things').column('c50').execute()
        await db.schema.dropIndex('dropped').execute()
        await db.schema.alterTable('things').dropColumn('c50').execute()
        await add('another').execute(db)
      })
      assert.deepEqual(await database.read({ sql: 'select c3, c99, another from things', parameters: [] }), [])
    },
  },
]
