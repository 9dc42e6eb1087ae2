import fc from 'fast-check'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { conditionOf } from '../../src/collections/access.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { listableFields, parseListQuery } from '../../src/collections/list-query.ts'
import { commonRowsMax, type Matches, rankedRowsMax, readMatches } from '../../src/collections/search.ts'
import { createTestDatabase } from '../harness/database.ts'

const papers = collection('papers', {
  access: 'open',
  fields: {
    title: field.text({ indexed: true }),
    // A name that FTS5 reserves.
    rank: field.text({ optional: true, indexed: true }),
    year: field.integer({ indexed: true, default: 2026 }),
  },
  search: ['title', 'rank'],
})
const listable = listableFields(papers)
const { database, connection, remove } = await createTestDatabase([papers])
afterAll(remove)
beforeEach(() => connection.exec('delete from papers'))

interface Paper {
  title: string
  rank?: string | null
  year?: number
}

const insert = `insert into papers (id, createdAt, version, title, rank, year) values (?, ?, 1, ?, ?, ?)`

function store(...rows: Paper[]): void {
  for (const [index, { title, rank = null, year = 2026 }] of rows.entries())
    connection.prepare(insert).run(`id${index}`, index, title, rank, year)
}

async function find(search: string, more: Record<string, string> = {}): Promise<Matches> {
  const query = parseListQuery(new URLSearchParams({ search, ...more }), listable, { isSearched: true })
  if (query.search === null) throw new Error('There is no search.')
  return await readMatches(database, papers, { ...query, only: null }, query.search)
}

const idsOf = ({ rows }: Matches) => rows.map(({ id }) => String(id))

test.each([
  ['a word', 'door', ['id0', 'id2']],
  ['several words in any field and order', 'green door', ['id0']],
  ['a word of one field and a word of another', 'window tall', ['id1']],
  ['the beginning of the last word', 'gre', ['id0', 'id1']],
  ['the beginning of the last word alone', 'gre door', []],
  ['no beginning after a space', 'gre ', []],
  ['no beginning of one letter', 'g', []],
  ['upper case', 'DOOR', ['id0', 'id2']],
  ['a word without its diacritics', 'cafe', ['id2']],
  ['a word with other diacritics', 'CÀFÉ', ['id2']],
  ['signs between words', '"door" AND (green*) - NOT rank:x ^', []],
  ['no words', '!?', []],
  ['no text', '', []],
])('a search finds %s', async (_, text, expected) => {
  store({ title: 'The green door' }, { title: 'A green window', rank: 'tall' }, { title: 'Door of the café' })
  const found = await find(text, { count: 'true' })
  expect([idsOf(found).toSorted(), found.count]).toEqual([expected, expected.length])
})

test('no text is syntax', async () => {
  store({ title: 'x NEAR y' })
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 20 }), async (text) => {
      await find(text)
      await find(`${text}"*^:(){}+- OR NEAR x`)
    }),
    { numRuns: 300 },
  )
})

test('the best match comes first, and the newest of equal ones', async () => {
  const filler = 'lorem ipsum dolor sit amet '.repeat(4)
  store({ title: `door ${filler}` }, { title: 'door' }, { title: 'door' }, { title: `door door door ${filler}` })
  expect(idsOf(await find('door'))).toEqual(['id2', 'id1', 'id3', 'id0'])
})

test('a search keeps to filters and to the rows of a rule', async () => {
  store({ title: 'door', year: 1 }, { title: 'door', year: 2 }, { title: 'door', year: 3 })
  expect(idsOf(await find('door', { 'filter[year][$gte]': '2' }))).toEqual(['id2', 'id1'])
  const query = parseListQuery(new URLSearchParams({ search: 'door', count: 'true' }), listable, { isSearched: true })
  const only = conditionOf(papers, [{ year: 1 }])
  const found = await readMatches(
    database,
    papers,
    { ...query, only },
    { text: 'door', words: ['"door"'], isOpen: false, offset: 0 },
  )
  expect([idsOf(found), found.count]).toEqual([['id0'], 1])
})

test('pages of a search return every match once, in order', async () => {
  store(...Array.from({ length: 23 }, (_, index) => ({ title: 'door '.repeat((index % 5) + 1) })))
  const all = idsOf(await find('door'))
  const seen: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await find('door', { limit: '5', ...(cursor && { cursor }) })
    seen.push(...idsOf(page))
    cursor = page.next
  }
  expect(seen).toEqual(all)
  expect(seen).toHaveLength(23)
})

test('a cursor belongs to its search, and a search has no sort', async () => {
  store({ title: 'door' }, { title: 'door' })
  const { next } = await find('door', { limit: '1' })
  const refused = (name: string) => expect.objectContaining({ details: [expect.objectContaining({ field: name })] })
  await expect(find('window', { cursor: String(next) })).rejects.toEqual(refused('cursor'))
  await expect(find('door', { sort: 'title' })).rejects.toEqual(refused('sort'))
  await expect(find('x'.repeat(201))).rejects.toEqual(refused('search'))
  await expect(find('x '.repeat(11))).rejects.toEqual(refused('search'))
  expect(() => parseListQuery(new URLSearchParams('search=x'), listable)).toThrow(refused('search'))
})

test('of words that very many rows have, the newest rows come first', async () => {
  connection
    .prepare(`with recursive n(i) as (select 0 union all select i + 1 from n where i < ?)
      insert into papers (id, createdAt, version, title, year)
      select 'id' || i, i, 1, 'common' || iif(i % 5000 = 0, ' rare', ''), 1 from n`)
    .run(commonRowsMax)
  expect(idsOf(await find('common', { limit: '2' }))).toEqual([`id${commonRowsMax}`, `id${commonRowsMax - 1}`])
  expect((await find('common', { count: 'true' })).count).toBe(rankedRowsMax)
  expect(idsOf(await find('common rare'))).toEqual([10_000, 5000, 0].map((number) => `id${number}`))
})

test('a rule or filter that few rows match finds old rows too, however many newer ones match', async () => {
  connection
    .prepare(`with recursive n(i) as (select 0 union all select i + 1 from n where i < ?)
      insert into papers (id, createdAt, version, title, year) select 'id' || i, i, 1, 'common', iif(i = 7, 1, 2) from n`)
    .run(2 * commonRowsMax)
  expect(idsOf(await find('common', { 'filter[year]': '1' }))).toEqual(['id7'])
  const query = parseListQuery(new URLSearchParams({ search: 'common', count: 'true' }), listable, { isSearched: true })
  const search = { text: 'common', words: ['"common"'], isOpen: false, offset: 0 }
  const found = await readMatches(database, papers, { ...query, only: conditionOf(papers, [{ year: 1 }]) }, search)
  expect([idsOf(found), found.count]).toEqual([['id7'], 1])
  expect((await find('common', { 'filter[year][$gt]': '1', count: 'true' })).count).toBe(rankedRowsMax)
})

const change = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), id: fc.nat(5), title: fc.constantFrom('a1', 'b1', 'a1 b1') }),
  fc.record({ kind: fc.constant('update' as const), id: fc.nat(5), title: fc.constantFrom('a1', 'b1', 'c1') }),
  fc.record({ kind: fc.constant('delete' as const), id: fc.nat(5), title: fc.constant('') }),
)

test('the index follows every change, and what is undone is not in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(change, fc.boolean()), { maxLength: 20 }), async (changes) => {
      connection.exec('delete from papers')
      const model = new Map<string, string>()
      for (const [{ kind, id: number, title }, isUndone] of changes) {
        const id = `id${number}`
        connection.exec('begin; savepoint s')
        if (kind === 'insert') connection.prepare(`${insert} on conflict do nothing`).run(id, number, title, null, 1)
        if (kind === 'update') connection.prepare('update papers set title = ? where id = ?').run(title, id)
        if (kind === 'delete') connection.prepare('delete from papers where id = ?').run(id)
        connection.exec(isUndone ? 'rollback to s; commit' : 'commit')
        if (isUndone) continue
        if (kind === 'delete') model.delete(id)
        else if (kind === 'insert' ? !model.has(id) : model.has(id)) model.set(id, title)
      }
      for (const word of ['a1', 'b1', 'c1']) {
        const expected = [...model].filter(([, title]) => title.split(' ').includes(word)).map(([id]) => id)
        expect(idsOf(await find(word)).toSorted()).toEqual(expected.toSorted())
      }
    }),
    { numRuns: 100 },
  )
})
