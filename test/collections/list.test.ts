import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { conditionOf } from '../../src/collections/access.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { listStatement, pageLengthMax, readPage } from '../../src/collections/list.ts'
import { listableFields } from '../../src/collections/list-query.ts'
import { prefixEnd } from '../../src/collections/operators.ts'
import { cursorAfter } from '../../src/collections/page-end.ts'
import type { SqlRow } from '../../src/ports/database.ts'
import { codePoint } from '../harness/code-points.ts'
import { createTestDatabase } from '../harness/database.ts'
import { allRows, compareText, createThings, listable, rows, type Thing, things } from './things-table.ts'

const { database, connection, load, list } = await createThings()

const sortField = fc.constantFrom('name', 'size', 'open', 'createdAt', 'id')
const sort = fc
  .uniqueArray(sortField, { minLength: 1, maxLength: 4 })
  .chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(name, `-${name}`))))

test('pages of any sort return every row once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(rows, sort, fc.integer({ min: 1, max: 7 }), async (stored, terms, limit) => {
      load('things', stored)
      const query = allRows(new URLSearchParams({ sort: terms.join(','), limit: String(limit) }), listable)
      const seen: SqlRow[] = []
      for (let after = query.after; ; ) {
        const { rows: found, next: cursor } = await readPage(database, things, { ...query, after })
        seen.push(...found)
        if (cursor === null) break
        after = allRows(new URLSearchParams({ sort: terms.join(','), cursor }), listable).after
      }
      const expected = stored.toSorted((a, b) => {
        for (const { field, descending } of query.sort) {
          const order = compareText(a[field as keyof Thing], b[field as keyof Thing])
          if (order !== 0) return descending ? -order : order
        }
        return 0
      })
      expect(seen.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
    }),
    { numRuns: 200 },
  )
})

/** Names so long that a cursor cuts them, of which many share the beginning. */
const longRows = rows.map((stored) =>
  stored.map((row, index) => ({ ...row, name: (index % 3 === 0 ? 'b' : '\u{10ffff}').repeat(1500) + row.name })),
)

test.each([
  ['every row of each page is', (page: SqlRow[]) => page],
  ['the last row of each page is', (page: SqlRow[]) => page.slice(-1)],
  ['all rows but the first of each page are', (page: SqlRow[]) => page.slice(1)],
])('pages of long keys return every row once, while %s deleted', async (_, choose) => {
  const longSort = fc.constantFrom(['name'], ['-name'], ['open', '-name', 'size'], ['-size', 'name'])
  await fc.assert(
    fc.asyncProperty(longRows, longSort, fc.integer({ min: 2, max: 5 }), async (stored, terms, limit) => {
      load('things', stored)
      const expected = (await list(`sort=${terms.join()}&limit=1000`)).map(({ id }) => id)
      const seen: unknown[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const parameters = new URLSearchParams({ sort: terms.join(), limit: String(limit), ...(cursor && { cursor }) })
        const page = await readPage(database, things, allRows(parameters, listable))
        seen.push(...page.rows.map(({ id }) => id))
        for (const { id } of choose(page.rows)) connection.prepare('delete from things where id = ?').run(id ?? null)
        cursor = page.next
        expect(cursor?.length ?? 0).toBeLessThanOrEqual(2560)
      }
      expect(seen).toEqual(expected)
    }),
    { numRuns: 30 },
  )
})

test('rows are lost in no case, and come again only where all that a cursor names are gone', async () => {
  const name = 'x'.repeat(3000)
  load(
    'things',
    Array.from({ length: 30 }, (_, n) => ({ id: `id${n + 10}`, createdAt: n, version: 1, name, size: n, open: 0 })),
  )
  const read = (cursor: string) =>
    readPage(database, things, allRows(new URLSearchParams(`sort=name&limit=10${cursor}`), listable))
  const { next } = await read('')
  connection.exec("delete from things where id between 'id15' and 'id19'")
  const { rows: found } = await read(`&cursor=${next}`)
  expect(found.map(({ size }) => size)).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14])
})

test('a rule may have two thousand filters', async () => {
  load('things', [{ id: 'id1', createdAt: 1, version: 1, name: 'a', size: 1999, open: 0, note: null }])
  const filters = Array.from({ length: 2000 }, (_, size) => ({ size, open: false }))
  const only = conditionOf(things, filters)
  const { rows: found } = await readPage(database, things, { ...allRows(new URLSearchParams(), listable), only })
  expect(found).toHaveLength(1)
})

test('the end of a prefix is above every text with the prefix and below every other text that is greater', () => {
  const text = fc.string({ unit: codePoint }).filter((each) => each.isWellFormed())
  fc.assert(
    fc.property(text, text, (prefix, other) => {
      const end = prefixEnd(prefix)
      const inside = compareText(other, prefix) >= 0 && (end === null || compareText(other, end) < 0)
      expect(inside).toBe(other.startsWith(prefix))
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['sort=-createdAt', 'things.createdAt'],
  ['sort=name', 'things.name'],
  ['filter[open]=true&sort=-createdAt', 'things.open'],
  ['filter[name][$startsWith]=ab', 'things.name'],
  ['sort=-name,size', 'things.name'],
])('an index serves %s, with a cursor too', async (query, index) => {
  const first = allRows(new URLSearchParams(query), listable)
  const row: SqlRow = { id: 'i', createdAt: 1, version: 1, name: 'n', size: 1, open: 1, note: null }
  const after = allRows(new URLSearchParams(`${query}&cursor=${cursorAfter([row], first.sort, null)}`), listable)
  for (const each of [first, after]) {
    const { sql, parameters } = listStatement(things, each)
    const plan = await database.read({ sql: `explain query plan ${sql}`, parameters })
    expect(plan.map(({ detail }) => detail).join('\n')).toContain(index)
  }
})

test.each([
  ['limit=0', 'limit'],
  ['limit=1001', 'limit'],
  ['limit=ten', 'limit'],
  ['sort=colour', 'sort'],
  ['sort=note', 'sort'],
  ['sort=name,-name', 'sort'],
  ['sort=', 'sort'],
  ['count=yes', 'count'],
  ['page=2', 'page'],
  ['cursor=!', 'cursor'],
  ['filter[colour]=red', 'filter[colour]'],
  ['filter[name][$like]=a', 'filter[name][$like]'],
  ['filter[size]=big', 'filter[size]'],
  ['filter[size][$startsWith]=1', 'filter[size][$startsWith]'],
  ['filter[open]=1', 'filter[open]'],
  ['filter[open][$gt]=false', 'filter[open][$gt]'],
  ['filter[name]=a&filter[name]=b', 'filter[name]'],
  ['filter[size][$between]=1', 'filter[size][$between]'],
  ['filter[size][$null]=true', 'filter[size][$null]'],
  ['filter[note][$null]=1', 'filter[note][$null]'],
  ['filter[tags]=a', 'filter[tags]'],
  ['sort=tags', 'sort'],
  ['filter[$or]=a', 'filter[$or]'],
  ['filter[$or][a][size]=1', 'filter[$or][a][size]'],
  ['filter[$or][100][size]=1', 'filter[$or][100][size]'],
  ['filter[$or][0]=1', 'filter[$or][0]'],
  ['filter[$or][0][colour]=red', 'filter[$or][0][colour]'],
  ['filter[size][$or][0][size]=1', 'filter[size][$or][0][size]'],
  ['filter[$or][0][$or][0][$or][0][$or][0][size]=1', 'filter[$or][0][$or][0][$or][0][$or][0][size]'],
  [Array.from({ length: 41 }, (_, n) => `filter[$or][${n}][size]=1`).join('&'), 'filter'],
  [Array.from({ length: 41 }, (_, n) => `filter[size][$in]=${n}`).join('&'), 'filter'],
])('%s is refused by name', (query, name) => {
  const details = [expect.objectContaining({ field: name })]
  expect(() => allRows(new URLSearchParams(query), listable)).toThrow(expect.objectContaining({ details }))
})

test('one error names every invalid parameter', () => {
  const query = new URLSearchParams('limit=0&page=2&filter[colour]=red')
  const details = ['limit', 'page', 'filter[colour]'].map((name) => expect.objectContaining({ field: name }))
  expect(() => allRows(query, listable)).toThrow(expect.objectContaining({ details }))
})

test('a page of large rows ends early, and the next pages return the rest', async () => {
  const documents = collection('documents', {
    access: 'open',
    fields: { body: field.json(z.string(), { max: 1_000_000 }) },
  })
  const own = await createTestDatabase([documents])
  onTestFinished(own.remove)
  const body = JSON.stringify('x'.repeat(900_000))
  own.load(
    'documents',
    Array.from({ length: 20 }, (_, index) => ({ id: `id${index + 10}`, createdAt: index, version: 1, body })),
  )
  const fields = listableFields(documents)
  const seen: unknown[] = []
  for (let parameters = 'limit=1000'; ; ) {
    const { rows: page, next } = await readPage(
      own.database,
      documents,
      allRows(new URLSearchParams(parameters), fields),
    )
    expect(page.length * body.length).toBeLessThan(2 * pageLengthMax)
    seen.push(...page.map(({ id }) => id))
    if (next === null) break
    parameters = `limit=1000&cursor=${next}`
  }
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => `id${index + 10}`))
})

test('of very many invalid parameters the error names the first fifty', () => {
  const flood = new URLSearchParams(Array.from({ length: 7000 }, (_, index) => [`x${index}`, '']))
  expect(() => allRows(flood, listable)).toThrow(
    expect.objectContaining({ details: expect.toSatisfy((details: unknown[]) => details.length === 50) }),
  )
})
