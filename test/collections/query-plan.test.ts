/** Lists, counts and aggregates of a table that is too large to be read as a whole. */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { conditionOf } from '../../src/collections/access.ts'
import { readGroups } from '../../src/collections/aggregate.ts'
import { createAggregateParser } from '../../src/collections/aggregate-query.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { type AllowedQuery, conditionsOf, countRows, readPage } from '../../src/collections/list.ts'
import { listableFields, parseListQuery } from '../../src/collections/list-query.ts'
import { planPage, scanRowsMax } from '../../src/collections/query-plan.ts'
import type { Database, SqlRow, Statement } from '../../src/ports/database.ts'
import { createTestDatabase } from '../harness/database.ts'
import { rounds } from '../harness/sample.ts'

const visits = collection('visits', {
  access: 'open',
  fields: {
    doctor: field.integer({ indexed: true }),
    open: field.boolean({ indexed: true }),
    start: field.integer(),
    code: field.integer({ indexed: true }),
    ward: field.text({ max: 10 }),
    tags: field.list(field.text(), { default: [] }),
    friends: field.references('visits'),
  },
  indexes: [['doctor', 'start']],
  unique: [['ward', 'code']],
})
const listable = listableFields(visits)
const rowCount = 3 * scanRowsMax
const { database, connection, remove } = await createTestDatabase([visits])
afterAll(remove)

/** Doctor 0 has nearly all rows, each other one a hundred; a third is open; a row in 1,000 has a tag and a friend that few have. */
connection
  .prepare(`with recursive n(i) as (select 0 union all select i + 1 from n where i < ?)
    insert into visits (id, createdAt, version, doctor, open, start, code, ward, tags, friends)
    select printf('%026d', i), i / 3, 1, iif(i % 100 < 97, 0, i % 7), i % 3 = 0, i * 7919 % 1000, i * 104729 % ${rowCount}, 'w' || (i % 3),
      iif(i % 1000 = 999, '["rare"]', '["often"]'), iif(i % 1000 = 999, '["few","many"]', '["many"]') from n`)
  .run(rowCount - 1)
const all = connection.prepare('select * from visits').all() as SqlRow[]

function queryOf(parameters: Record<string, string>): AllowedQuery {
  return { ...parseListQuery(new URLSearchParams(parameters), listable), only: null }
}

async function walk(parameters: Record<string, string>): Promise<{ ids: unknown[]; pages: number }> {
  const ids: unknown[] = []
  for (let cursor: string | null = '', pages = 1; ; pages += 1) {
    const page = await readPage(database, visits, queryOf({ ...parameters, ...(cursor && { cursor }) }))
    ids.push(...page.rows.map(({ id }) => id))
    cursor = page.next
    if (cursor === null) return { ids, pages }
  }
}

interface Case {
  parameters: Record<string, string>
  matches(row: SqlRow): boolean
}

const conditions: fc.Arbitrary<Case> = fc.oneof(
  fc.constantFrom(0, 3, 6).map((doctor) => ({
    parameters: { 'filter[doctor]': `${doctor}` },
    matches: (row: SqlRow) => row.doctor === doctor,
  })),
  fc.boolean().map((open) => ({
    parameters: { 'filter[open]': `${open}` },
    matches: (row: SqlRow) => row.open === Number(open),
  })),
  fc.constantFrom(2, 990).map((start) => ({
    parameters: { 'filter[start][$gte]': `${start}` },
    matches: (row: SqlRow) => Number(row.start) >= start,
  })),
  fc.constantFrom('rare', 'often').map((tag) => ({
    parameters: { 'filter[tags][$contains]': tag },
    matches: (row: SqlRow) => String(row.tags).includes(tag),
  })),
  fc.constantFrom('few', 'many').map((friend) => ({
    parameters: { 'filter[friends][$contains]': friend },
    matches: (row: SqlRow) => String(row.friends).includes(friend),
  })),
)
const sorts = fc.constantFrom('createdAt', '-createdAt', 'code', '-doctor', 'open', '-start')

test('pages of any filters and sort of a large table return every row once, in order, or are refused', async () => {
  await fc.assert(
    fc.asyncProperty(conditions, conditions, sorts, async (first, second, sort) => {
      const parameters = { ...first.parameters, ...second.parameters, sort, limit: '1000' }
      const merged = [first, second].filter((each) =>
        Object.entries(each.parameters).every(([k, v]) => Reflect.get(parameters, k) === v),
      )
      const expected = all.filter((row) => merged.every((each) => each.matches(row)))
      const { sort: terms } = queryOf(parameters)
      expected.sort((a, b) => {
        for (const { field, descending } of terms) {
          const x = a[field] ?? 0
          const y = b[field] ?? 0
          if (x !== y) return x < y === descending ? 1 : -1
        }
        return 0
      })
      try {
        // As text, because arrays of thousands take seconds to compare.
        expect((await walk(parameters)).ids.join()).toBe(expected.map(({ id }) => id).join())
      } catch (error) {
        expect(error).toMatchObject({ details: [{ field: 'sort', code: 'not_indexed' }] })
        expect(sort).toBe('-start')
      }
    }),
    { numRuns: rounds({ sampled: 3, full: 100 }) },
  )
})

test.each<[string, Record<string, string>, number]>([
  ['no filter', { sort: 'code' }, 1],
  ['a filter and a sort that one index serves', { 'filter[doctor]': '0', sort: 'start' }, 1],
  ['a filter that few rows match', { 'filter[doctor]': '3', sort: 'code', 'filter[open]': 'true' }, 1],
  ['a filter that many rows match', { 'filter[doctor]': '0', sort: 'code' }, 1],
  ['a reference in a list', { 'filter[friends][$contains]': 'many', sort: '-createdAt' }, 1],
  ['a reference that few rows have', { 'filter[friends][$contains]': 'few', sort: 'code' }, 1],
  ['a filter without an index that few rows match', { 'filter[tags][$contains]': 'rare' }, 3],
])('a list of five with %s needs no more pages than it must', async (_, parameters, pages) => {
  const found = await readPage(database, visits, queryOf({ ...parameters, limit: '5' }))
  expect(found.rows).toHaveLength(5)
  expect((await walk({ ...parameters, limit: '1000', 'filter[code][$lt]': '100' })).pages).toBeLessThanOrEqual(pages)
})

function plansOf(statements: Statement[]): string[] {
  return statements.flatMap(({ sql, parameters }) =>
    connection
      .prepare(`explain query plan ${sql}`)
      .all(...parameters)
      .map(({ detail }) => String(detail)),
  )
}

function recording(statements: Statement[]): Database {
  return {
    ...database,
    read(statement) {
      statements.push(statement)
      return database.read(statement)
    },
  }
}

test.each<[Record<string, string>]>([
  [{}],
  [{ 'filter[doctor]': '0', sort: '-start' }],
  [{ 'filter[doctor]': '3', sort: 'code', 'filter[open]': 'true' }],
  [{ 'filter[tags][$contains]': 'rare', sort: 'code' }],
  [{ 'filter[friends][$contains]': 'many', sort: '-createdAt' }],
  [{ 'filter[friends][$contains]': 'many', 'filter[open]': 'true' }],
  [{ 'filter[friends][$contains]': 'few', sort: 'code' }],
  [{ 'filter[$or][0][friends][$contains]': 'few', 'filter[$or][1][open]': 'true' }],
  [{ 'filter[ward]': 'w1', 'filter[code][$gt]': '1', sort: 'code' }],
  [{ 'filter[id]': '1', 'filter[open]': 'true', sort: 'code' }],
  [{ 'filter[open]': 'true', sort: 'id' }],
])('no statement of %j reads the table without an index', async (parameters) => {
  const statements: Statement[] = []
  await readPage(recording(statements), visits, queryOf(parameters))
  for (const detail of plansOf(statements)) expect(detail).not.toMatch(/^SCAN visits$/)
})

test('a sort without an index is refused, and the error names the index to declare', async () => {
  const refusal = (fields: string) =>
    expect.objectContaining({ message: expect.stringContaining(`declare indexes: [[${fields}]]`) })
  const plan = async (parameters: Record<string, string>) => {
    const query = queryOf(parameters)
    return await planPage(database, visits, conditionsOf(visits, query), query.sort)
  }
  await expect(plan({ sort: 'start' })).rejects.toEqual(refusal("'start'"))
  await expect(plan({ sort: 'open,code' })).rejects.toEqual(refusal("'open', 'code'"))
  await expect(plan({ 'filter[open]': 'false', sort: 'start' })).rejects.toEqual(refusal("'open', 'start'"))
  await expect(plan({ 'filter[friends][$contains]': 'many', sort: 'open,code' })).rejects.toEqual(
    refusal("'open', 'code'"),
  )
  await expect(plan({ 'filter[doctor]': '3', sort: 'open,-code' })).resolves.toMatchObject({ isScan: false })
})

test('a count and an aggregate read no more rows than they may', async () => {
  const count = async (parameters: Record<string, string>) => await countRows(database, visits, queryOf(parameters))
  const refused = (name: string) => expect.objectContaining({ details: [expect.objectContaining({ field: name })] })
  expect(await count({})).toBe(10_000)
  expect(await count({ 'filter[open]': 'true' })).toBe(all.filter(({ open }) => open === 1).length)
  expect(await count({ 'filter[doctor]': '3', 'filter[open]': 'true' })).toBe(
    all.filter(({ open, doctor }) => open === 1 && doctor === 3).length,
  )
  expect(await count({ 'filter[friends][$contains]': 'many' })).toBe(10_000)
  expect(await count({ 'filter[friends][$contains]': 'few', 'filter[open]': 'true' })).toBe(
    all.filter(({ open, friends }) => open === 1 && String(friends).includes('few')).length,
  )
  await expect(count({ 'filter[doctor]': '0', 'filter[tags][$contains]': 'rare' })).rejects.toEqual(refused('count'))
  const parse = createAggregateParser(visits, listable)
  const query = { ...parse(new URLSearchParams('sum=start&filter[tags][$contains]=rare')), only: null }
  expect(await readGroups(database, visits, query)).toMatchObject([{ count: rowCount / 1000 }])
})

test('a rule is a condition like a filter', async () => {
  const only = conditionOf(visits, [{ doctor: 3 }])
  const query = { ...queryOf({ sort: 'open,code' }), only }
  expect((await readPage(database, visits, query)).rows).toHaveLength(50)
  expect(await countRows(database, visits, query)).toBe(all.filter(({ doctor }) => doctor === 3).length)
  const lists = {
    ...queryOf({ 'filter[friends][$contains]': 'few' }),
    only: conditionOf(visits, [{ friends: { $contains: 'many' } }]),
  }
  const found = await readPage(database, visits, lists)
  expect(found.rows.map(({ id }) => id)).toEqual(
    all.filter(({ friends }) => String(friends).includes('few')).map(({ id }) => id),
  )
})
