/** Queries beyond a list of whole rows: chosen fields, aggregates, full-text search. */
import { beforeAll, expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createBook, createTodo, startingWith, unique, walk } from './rows.ts'

export function queryCases(subject: Subject): void {
  selections(subject)
  aggregates(subject)
  searches(subject)
}

function selections({ send }: Subject): void {
  test('fields leaves out all others but the id, in a list and its pages', async () => {
    const title = unique('selected')
    const made = [
      await createBook(send, { title: `${title} 1`, tags: ['a'], size: { pages: 1 } }),
      await createBook(send, { title: `${title} 2`, publishedAt: '2021-01-01T00:00:00Z' }),
    ]
    const more = { sort: 'title', limit: '1', fields: 'size,tags,publishedAt,createdAt' }
    const all = await walk(send, `/api/books?${startingWith('title', title, more)}`)
    expect(all).toEqual(
      made.map(({ id, tags, size, publishedAt, createdAt }) => ({ id, tags, size, publishedAt, createdAt })),
    )
  })

  test('fields leaves out all others but the id of one row, with the same ETag', async () => {
    const { id, title, version } = await createTodo(send)
    const reply = await send(`GET /api/todos/${id}?fields=title`)
    expect(reply.row).toEqual({ id, title })
    expect(reply.header('etag')).toBe(`"${version}"`)
    const headers = { 'If-None-Match': `"${version}"` }
    expect((await send(`GET /api/todos/${id}?fields=completed`, { headers })).status).toBe(304)
    expect((await send(`GET /api/todos/${id}?fields=id`)).row).toEqual({ id })
  })

  test.each(['colour', '', 'title,', 'title,,id', 'password', '__proto__', '*', 'Title'])(
    'fields=%s is refused',
    async (fields) => {
      const { id } = await createTodo(send)
      for (const path of ['/api/todos', `/api/todos/${id}`]) {
        const reply = await send(`GET ${path}?fields=${fields}`)
        expect([reply.status, reply.badFields]).toEqual([400, ['fields']])
      }
    },
  )
}

function aggregates({ send }: Subject): void {
  const title = unique('aggregate')
  beforeAll(async () => {
    await createBook(send, { title, format: 'paper', copies: 2, released: '2020-02-29' })
    await createBook(send, { title, format: 'ebook', copies: 3 })
    await createBook(send, { title, format: 'paper', copies: 5, released: '2021-01-01' })
  })
  const path = `/api/books/aggregate?${new URLSearchParams({ 'filter[title]': title })}`

  test('an aggregate of all matching rows is one group', async () => {
    const reply = await send(`GET ${path}&sum=copies&avg=copies,price&max=released,copies`)
    expect(reply.body()).toEqual({
      data: [
        {
          count: 3,
          sum: { copies: 10 },
          avg: { copies: 10 / 3, price: 0 },
          max: { released: '2021-01-01', copies: 5 },
        },
      ],
      status: 200,
    })
  })

  test('an aggregate may be grouped by a field', async () => {
    const reply = await send(`GET ${path}&sum=copies&group=format`)
    expect(reply.rows).toEqual([
      { group: { format: 'ebook' }, count: 1, sum: { copies: 3 } },
      { group: { format: 'paper' }, count: 2, sum: { copies: 7 } },
    ])
  })

  test.each(['sum=title', 'group=size', 'limit=1'])('an aggregate with %s is refused', async (query) => {
    const reply = await send(`GET ${path}&${query}`)
    expect([reply.status, reply.badFields]).toEqual([400, [query.split('=')[0]]])
  })
}

function searches({ send }: Subject): void {
  const word = unique('w').replaceAll(/\W/g, '')
  const found = async (search: string, more: Record<string, string> = {}) =>
    (await send(`GET /api/books?${new URLSearchParams({ search, ...more })}`)).rows

  test('a search finds words of any declared field without diacritics, and the beginning of the last one', async () => {
    const { id } = await createBook(send, { title: `Émile ${word}`, subtitle: 'or on Education' })
    for (const search of [`${word} emile`, `education ${word}`, `${word} ("educa`, word.slice(0, -1)])
      expect((await found(search)).map((row) => row.id)).toEqual([id])
    expect(await found(`${word.slice(0, -1)} emile`)).toEqual([])
  })

  test('a change and a deletion are in the index at once, and a refused change is not', async () => {
    const book = await createBook(send, { title: `first${word}`, subtitle: 'x' })
    await send(`PATCH /api/books/${book.id}`, { body: { title: `second${word}` } })
    await send(`PATCH /api/books/${book.id}`, { body: { title: `third${word}`, author: '0'.repeat(26) } })
    const lengths = async () =>
      Promise.all(['first', 'second', 'third'].map(async (n) => (await found(n + word)).length))
    expect(await lengths()).toEqual([0, 1, 0])
    await send(`DELETE /api/books/${book.id}`)
    expect(await lengths()).toEqual([0, 0, 0])
  })

  test('a search has pages, filters and a count', async () => {
    for (const copies of [1, 2, 3]) await createBook(send, { title: `paged${word}`, copies })
    const query = new URLSearchParams({
      search: `paged${word}`,
      limit: '1',
      fields: 'copies',
      'filter[copies][$gt]': '1',
    })
    const all = await walk(send, `/api/books?${query}`)
    expect(all.map(({ copies }) => copies)).toEqual([3, 2])
    expect((await send(`GET /api/books?${query}&count=true`)).body().count).toBe(2)
  })

  test('a search of a collection that declares none is refused, and so is one with a sort', async () => {
    expect((await send('GET /api/todos?search=x')).badFields).toEqual(['search'])
    expect((await send('GET /api/books?search=x&sort=title')).badFields).toEqual(['sort'])
  })

  test('values of fields that are unique together are a conflict that names both', async () => {
    const shelf = Math.floor(Math.random() * 2 ** 40)
    const first = await createBook(send, { shelf, place: 1 })
    const second = await createBook(send, { shelf, place: 2 })
    const author = first.author
    const made = await send('POST /api/books', { body: { title: 'x', isbn: unique('isbn'), author, shelf, place: 1 } })
    const changed = await send(`PATCH /api/books/${second.id}`, { body: { place: 1 } })
    for (const reply of [made, changed]) {
      expect([reply.status, reply.badFields]).toEqual([409, ['shelf', 'place']])
      expect(reply.body().error).toBe('shelf, place: are taken together')
    }
    await createBook(send, { shelf, place: null })
    await createBook(send, { shelf, place: null })
  })
}
