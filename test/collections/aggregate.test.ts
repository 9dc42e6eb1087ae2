import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { conditionOf } from '../../src/collections/access.ts'
import { aggregateRowsMax, type Group, groupsMax, readGroups } from '../../src/collections/aggregate.ts'
import { createAggregateParser } from '../../src/collections/aggregate-query.ts'
import { collection } from '../../src/collections/collection.ts'
import type { Condition } from '../../src/collections/condition.ts'
import { field } from '../../src/collections/field.ts'
import { listableFields } from '../../src/collections/list-query.ts'
import { createTestDatabase } from '../harness/database.ts'

const visits = collection('visits', {
  access: 'open',
  fields: {
    doctor: field.text({ optional: true, indexed: true }),
    // Names that the statement must not confuse with its own.
    count: field.integer({ indexed: true }),
    term0: field.number(),
    open: field.boolean({ indexed: true }),
    start: field.timestamp(),
    tags: field.list(field.text(), { default: [] }),
  },
})
const parse = createAggregateParser(visits, listableFields(visits))
const { database, connection, load, remove } = await createTestDatabase([visits])
afterAll(remove)

async function aggregate(query: string, only: Condition | null = null): Promise<Group[]> {
  return await readGroups(database, visits, { ...parse(new URLSearchParams(query)), only })
}

interface Visit {
  doctor: string | null
  count: number
  term0: number
  open: number
  start: number
}

const visit = fc.record({
  doctor: fc.option(fc.constantFrom('ann', 'bob', 'é')),
  count: fc.integer({ min: -3, max: 3 }),
  term0: fc.constantFrom(0.5, -1, 2.25),
  open: fc.nat(1),
  start: fc.nat(1e12),
})

function fill(visits: readonly Visit[]): void {
  const system = (index: number) => ({ id: `id${index}`, createdAt: index, version: 1 })
  load(
    'visits',
    visits.map((row, index) => ({ ...system(index), ...row, tags: '[]' })),
  )
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function groupOf(rows: readonly Visit[]): Group {
  const starts = rows.map(({ start }) => start)
  const time = (ms: number) => (rows.length === 0 ? null : new Date(ms).toISOString())
  return {
    count: rows.length,
    sum: { count: sum(rows.map(({ count }) => count)), term0: sum(rows.map(({ term0 }) => term0)) },
    avg: { term0: rows.length === 0 ? null : sum(rows.map(({ term0 }) => term0)) / rows.length },
    min: { start: time(Math.min(...starts)) },
    max: { start: time(Math.max(...starts)) },
  }
}

const functions = 'sum=count,term0&avg=term0&min=start&max=start'

test('an aggregate of any rows is that of the rows which match, as one group and by a field', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { maxLength: 20 }), fc.boolean(), async (stored, open) => {
      fill(stored)
      const matching = stored.filter((row) => row.open === Number(open))
      expect(await aggregate(`${functions}&filter[open]=${open}`)).toEqual([groupOf(matching)])
      const byDoctor = Map.groupBy(matching, ({ doctor }) => doctor)
      const expected = ([null, 'ann', 'bob', 'é'] as const).flatMap((doctor) => {
        const rows = byDoctor.get(doctor)
        return rows ? [{ ...groupOf(rows), group: { doctor } }] : []
      })
      expect(await aggregate(`${functions}&group=doctor&filter[open]=${open}`)).toEqual(expected)
    }),
    { numRuns: 100 },
  )
})

test('values of a group are those of the API, and a count alone needs no function', async () => {
  fill([{ doctor: 'ann', count: 1, term0: 1, open: 1, start: 0 }])
  expect(await aggregate('group=open')).toEqual([{ group: { open: true }, count: 1 }])
  expect(await aggregate('')).toEqual([{ count: 1 }])
})

test('sums beyond the integers of the engine are no error', async () => {
  const big = { doctor: 'ann', count: Number.MAX_SAFE_INTEGER, term0: 1e308, open: 1, start: 0 }
  fill([big, big, big])
  expect(await aggregate('sum=count')).toEqual([{ count: 3, sum: { count: 3 * Number.MAX_SAFE_INTEGER } }])
})

test('only the rows of a rule are read', async () => {
  fill([
    { doctor: 'ann', count: 1, term0: 1, open: 1, start: 0 },
    { doctor: 'bob', count: 5, term0: 1, open: 1, start: 0 },
  ])
  const only = conditionOf(visits, [{ doctor: 'bob' }])
  expect(await aggregate('max=count&sum=count', only)).toEqual([{ count: 1, max: { count: 5 }, sum: { count: 5 } }])
  expect(await aggregate('group=doctor', only)).toEqual([{ group: { doctor: 'bob' }, count: 1 }])
})

test('more groups than a response has, and more rows than one aggregate reads, are refused by name', async () => {
  const insert = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
    insert into visits (id, createdAt, version, doctor, count, term0, open, start, tags)
    select 'r' || i, i, 1, cast(i % ? as integer), 1, 1, 1, 1, '[]' from n`
  const refused = (name: string) => expect.objectContaining({ details: [expect.objectContaining({ field: name })] })
  connection.exec('delete from visits')
  connection.prepare(insert).run(groupsMax + 1, groupsMax + 1)
  await expect(aggregate('group=doctor')).rejects.toEqual(refused('group'))
  connection.exec('delete from visits')
  connection.prepare(insert).run(aggregateRowsMax + 1, 2)
  for (const query of ['sum=count', 'group=doctor', ''])
    await expect(aggregate(query)).rejects.toEqual(refused('filter'))
  expect(await aggregate('filter[doctor]=1')).toEqual([{ count: aggregateRowsMax / 2 + 1 }])
})

test.each([
  ['sum=start', 'sum'],
  ['avg=doctor', 'avg'],
  ['min=tags', 'min'],
  ['max=open', 'max'],
  ['sum=', 'sum'],
  ['sum=count,colour', 'sum'],
  ['group=start', 'group'],
  ['group=id', 'group'],
  ['group=tags', 'group'],
  ['group=', 'group'],
  ['limit=5', 'limit'],
  ['filter[colour]=red', 'filter[colour]'],
  ['constructor=1', 'constructor'],
])('%s is refused by name', (query, name) => {
  const details = [expect.objectContaining({ field: name })]
  expect(() => parse(new URLSearchParams(query))).toThrow(expect.objectContaining({ details }))
})
