import { beforeAll, expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createAuthor, createBook, createTodo, unique } from './rows.ts'

const shelf = [
  {
    name: 'a',
    copies: 1,
    price: 0.5,
    format: 'paper',
    publishedAt: '2020-01-01T00:00:00Z',
    released: '2020-02-29',
    subtitle: 'one',
  },
  {
    name: 'b',
    copies: 2,
    price: 1,
    format: 'ebook',
    publishedAt: '2021-01-01T00:00:00Z',
    released: '2021-01-01',
    subtitle: 'two',
    tags: ['x', 'sea "side"'],
  },
  {
    name: 'c',
    copies: 10,
    price: 1.5,
    format: 'audio',
    publishedAt: '2022-01-01T00:00:00Z',
    released: '2021-01-02',
    subtitle: null,
  },
]

const times = [
  '2026-11-28T08:30Z',
  '2026-11-28T08:30:00Z',
  '2026-11-28T08:30:00.123456789Z',
  '2026-11-28T08:30:00+00:00',
  '2026-11-28T08:30:00-00:00',
  '2026-11-28T00:30:00+01:00',
  '2026-12-31T23:30:00.5-05:30',
  '0000-01-01T00:00:00Z',
  '0000-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59-00:01',
  '2024-02-29T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-11-28T24:00:00Z',
  '2026-11-28T23:59:60Z',
  '2026-11-28T08:30:00+24:00',
  '2026-11-28T08:30:00+0100',
  '2026-11-28T08:30:00',
  '2026-11-28t08:30:00z',
  '2026-11-28 08:30:00Z',
  '+002026-11-28T08:30:00Z',
  '-000001-01-01T00:00:00Z',
]

export function filterCases(subject: Subject): void {
  operators(subject)
  prefixes(subject)
  refusals(subject)
}

function operators({ send }: Subject): void {
  const stem = unique('filter')
  let author = ''
  beforeAll(async () => {
    author = (await createAuthor(send)).id
    for (const { name, ...fields } of shelf) await createBook(send, { ...fields, author, title: `${stem} ${name}` })
  })
  const names = async (filters: [string, string][]) => {
    const query = new URLSearchParams([['filter[author]', author], ['sort', 'title'], ...filters])
    const { rows } = await send(`GET /api/books?${query}`)
    return rows.map(({ title }) => String(title).at(-1)).join('')
  }

  test.each([
    ['filter[copies]', '2', 'b'],
    ['filter[copies][$eq]', '2', 'b'],
    ['filter[copies][$gt]', '2', 'c'],
    ['filter[copies][$gte]', '2', 'bc'],
    ['filter[copies][$lt]', '2', 'a'],
    ['filter[copies][$lte]', '2', 'ab'],
    ['filter[price][$gt]', '0.75', 'bc'],
    ['filter[price][$lt]', '-1', ''],
    ['filter[price][$lt]', '1e308', 'abc'],
    ['filter[copies][$lt]', '9007199254740991', 'abc'],
    ['filter[format]', 'ebook', 'b'],
    ['filter[format][$gt]', 'audio', 'ab'],
    ['filter[publishedAt][$gte]', '2021-01-01T00:00:00Z', 'bc'],
    ['filter[publishedAt]', '2021-01-01T01:00:00+01:00', 'b'],
    ['filter[publishedAt][$lt]', '2021-01-01', 'a'],
    ['filter[released]', '2020-02-29', 'a'],
    ['filter[released][$in]', '2021-01-02', 'c'],
    ['filter[released][$gt]', '2021-01-01', 'c'],
    ['filter[released][$gte]', '2021-01-01', 'bc'],
    ['filter[released][$lt]', '2021-01-01', 'a'],
    ['filter[released][$lte]', '2021-01-01', 'ab'],
    ['filter[subtitle]', 'one', 'a'],
    ['filter[subtitle][$gt]', '', 'ab'],
    ['filter[createdAt][$gt]', '2000-01-01', 'abc'],
    ['filter[copies][$ne]', '2', 'ac'],
    ['filter[subtitle][$ne]', 'one', 'bc'],
    ['filter[subtitle][$contains]', 'w', 'b'],
    ['filter[subtitle][$null]', 'true', 'c'],
    ['filter[subtitle][$null]', 'false', 'ab'],
    ['filter[tags][$contains]', 'sea "side"', 'b'],
    ['filter[tags][$contains]', 'sea', ''],
  ])('%s=%s', async (name, value, expected) => {
    expect(await names([[name, value]])).toBe(expected)
  })

  test.each(times)('the time %s is taken or refused by filters as by writes', async (publishedAt) => {
    const book = { title: unique('time'), isbn: unique('isbn'), author, publishedAt }
    const made = await send('POST /api/books', { body: book })
    const query = new URLSearchParams({ 'filter[isbn]': book.isbn, 'filter[publishedAt]': publishedAt })
    const found = await send(`GET /api/books?${query}`)
    expect([made.status, found.status]).toEqual(made.status === 201 ? [201, 200] : [400, 400])
    if (made.status !== 201) return
    expect(found.rows).toEqual([made.row])
    expect((await send(`PUT /api/books/${made.row.id}`, { body: made.row })).status).toBe(200)
    await send(`DELETE /api/books/${made.row.id}`)
  })

  test('text compares by value', async () => {
    expect(await names([['filter[title][$gt]', `${stem} a`]])).toBe('bc')
    expect(await names([['filter[title]', `${stem} b`]])).toBe('b')
    expect(await names([['filter[title]', `${stem} B`]])).toBe('')
  })

  test('$in is repeated for each value', async () => {
    const one = (value: string): [string, string] => ['filter[copies][$in]', value]
    expect(await names([one('1'), one('10'), one('99')])).toBe('ac')
    expect(await names([one('2')])).toBe('b')
  })

  test('$nin and $between are repeated for each value', async () => {
    const values = (path: string, ...all: string[]) => all.map((value): [string, string] => [path, value])
    expect(await names(values('filter[copies][$nin]', '1', '10'))).toBe('b')
    expect(await names(values('filter[copies][$between]', '2', '10'))).toBe('bc')
    expect(await names(values('filter[copies][$between]', '10', '2'))).toBe('')
  })

  test('of the members of $or one must match, of those of $and all', async () => {
    const either: [string, string][] = [
      ['filter[$or][0][format]', 'paper'],
      ['filter[$or][1][copies][$gt]', '1'],
      ['filter[$or][1][price][$lt]', '1.5'],
    ]
    expect(await names(either)).toBe('ab')
    expect(await names([...either, ['filter[format][$ne]', 'paper']])).toBe('b')
    const nested = either.map(([path, value]): [string, string] => [path.replace('filter', 'filter[$and][0]'), value])
    expect(await names([...nested, ['filter[$and][1][copies]', '2']])).toBe('b')
  })

  test('all filters must match', async () => {
    expect(
      await names([
        ['filter[copies][$gte]', '2'],
        ['filter[copies][$lt]', '10'],
        ['filter[format]', 'ebook'],
      ]),
    ).toBe('b')
    expect(
      await names([
        ['filter[copies]', '1'],
        ['filter[format]', 'ebook'],
      ]),
    ).toBe('')
  })

  test('booleans filter', async () => {
    const title = unique('done')
    await createTodo(send, { title, completed: true })
    await createTodo(send, { title })
    const list = async (value: string) =>
      (await send(`GET /api/todos?filter[title]=${encodeURIComponent(title)}&filter[completed]=${value}`)).rows
    expect((await list('true')).map(({ completed }) => completed)).toEqual([true])
    expect((await list('false')).map(({ completed }) => completed)).toEqual([false])
  })
}

function prefixes({ send }: Subject): void {
  test.each(['%', '_', '[a-z]*', "' or 1=1 --", '\\', '"', '?', '\u{1F9C0}', '\uD7FF', '\u{10FFFF}', 'É', 'ß'])(
    '$startsWith takes %j literally',
    async (odd) => {
      const stem = unique('prefix')
      const right = (await createTodo(send, { title: `${stem}${odd}right` })).title
      await createTodo(send, { title: `${stem}xwrong` })
      await createTodo(send, { title: `${stem}${String.fromCodePoint(0x20)}${odd}wrong` })
      const query = new URLSearchParams({ 'filter[title][$startsWith]': stem + odd })
      expect((await send(`GET /api/todos?${query}`)).rows.map(({ title }) => title)).toEqual([right])
    },
  )

  test('every text starts with the empty text', async () => {
    await createTodo(send)
    const reply = await send('GET /api/todos?filter[title][$startsWith]=&limit=1')
    expect(reply.rows).toHaveLength(1)
  })

  test('a prefix may be long', async () => {
    const title = unique('long ').padEnd(480, 'x')
    await createTodo(send, { title: `${title}y` })
    const query = new URLSearchParams({ 'filter[title][$startsWith]': title })
    expect((await send(`GET /api/todos?${query}`)).rows).toHaveLength(1)
  })
}

function refusals({ send }: Subject): void {
  test.each([
    '/api/todos?filter[colour]=red',
    '/api/books?filter[tags]=sea',
    '/api/books?filter[tags][$in]=sea',
    '/api/books?filter[size]=1',
    '/api/todos?filter[__proto__]=x',
    '/api/todos?filter[constructor]=x',
    '/api/todos?filter[title][$regex]=x',
    '/api/todos?filter[title][$in][]=x',
    '/api/todos?filter[title]=a&filter[title]=b',
    '/api/todos?filter[]=x',
    '/api/todos?filter[completed]=1',
    '/api/todos?filter[completed][$startsWith]=t',
    '/api/todos?filter[completed][$gt]=false',
    '/api/books?filter[copies]=many',
    '/api/books?filter[copies]=1.5',
    '/api/books?filter[copies]=',
    '/api/books?filter[price]=NaN',
    '/api/books?filter[price]=1e999',
    '/api/books?filter[publishedAt]=yesterday',
    '/api/books?filter[publishedAt][$gte]=2026-02-30',
    '/api/books?filter[createdAt][$gte]=2023-02-29',
    '/api/books?filter[released]=2021-02-29',
    '/api/books?filter[released]=2021',
    '/api/books?filter[released]=2021-01-01T00:00:00Z',
    '/api/books?filter[released][$startsWith]=2021',
    '/api/todos?filter[title]=%00',
    '/api/todos?filter[title][$null]=true',
    '/api/books?filter[copies][$between]=1',
    '/api/books?filter[$or][0][colour]=red',
    '/api/books?filter[$or][__proto__][copies]=1',
    '/api/books?filter[$or][0][$or][0][$or][0][$or][0][copies]=1',
  ])('%s is refused', async (path) => {
    const reply = await send(`GET ${path}`)
    expect(reply.status).toBe(400)
    expect(reply.badFields).toHaveLength(1)
    expect(reply.badFields[0]).toMatch(/^filter\[/)
  })

  test('more than 40 values are refused, and 40 are not', async () => {
    const values = (count: number) => Array.from({ length: count }, (_, n) => `filter[copies][$in]=${n}`).join('&')
    expect((await send(`GET /api/books?${values(40)}`)).status).toBe(200)
    expect((await send(`GET /api/books?${values(41)}`)).status).toBe(400)
  })
}
