import { expect, test } from 'vitest'
import { type Subject, tally } from './http.ts'
import { createAuthor, createBook, unique } from './rows.ts'

const nobody = '00000000000000000000000000'

export function fieldCases(subject: Subject): void {
  values(subject)
  keys(subject)
}

function values({ send }: Subject): void {
  test('every kind of field is read as it was written', async () => {
    const author = await createAuthor(send)
    const fields = {
      title: unique('kinds'),
      isbn: unique('isbn'),
      author: author.id,
      subtitle: 'A tale',
      copies: 7,
      price: 12.5,
      format: 'audio',
      publishedAt: '2026-11-21T08:30:00.000Z',
      released: '2024-02-29',
      tags: ['sea', 'cook "galley"', '', '\u{1F9C0}'],
      size: { pages: 320 },
    }
    const { id } = await createBook(send, fields)
    expect((await send(`GET /api/books/${id}`)).row).toMatchObject(fields)
  })

  test('omitted fields have their defaults, and optional ones are null', async () => {
    expect(await createBook(send)).toMatchObject({
      subtitle: null,
      copies: 1,
      price: 0,
      format: 'paper',
      publishedAt: null,
      released: '1970-01-01',
      tags: [],
      size: null,
    })
  })

  test.each(['2026-11-21T08:30:00Z', '2026-11-21T08:30:00.123456789Z', `2026-11-21T08:30:00.${'9'.repeat(2000)}Z`])(
    'the response to a write has the time %s as a read returns it',
    async (publishedAt) => {
      const book = await createBook(send, { publishedAt })
      expect(book.publishedAt).toMatch(/^2026-11-21T08:30:0\d\.\d{3}Z$/)
      expect((await send(`GET /api/books/${book.id}`)).row).toEqual(book)
    },
  )

  test('a row as the API gives it is accepted by a PUT and changes nothing', async () => {
    const book = await createBook(send, {
      publishedAt: '2026-11-21T08:30:00Z',
      released: '2026-11-28',
      tags: ['sea'],
      size: { pages: 9 },
    })
    const { status, row } = await send(`PUT /api/books/${book.id}`, { body: book })
    expect(status).toBe(200)
    expect({ ...row, version: book.version }).toEqual(book)
  })

  test('an optional field is set, and set back to null', async () => {
    const { id } = await createBook(send)
    expect((await send(`PUT /api/books/${id}`, { body: { subtitle: 'now' } })).row.subtitle).toBe('now')
    expect((await send(`PUT /api/books/${id}`, { body: { subtitle: null } })).row.subtitle).toBeNull()
  })

  test('a change gives no defaults to the fields that it omits', async () => {
    const { id } = await createBook(send, { copies: 9, format: 'ebook', tags: ['kept'] })
    const { row } = await send(`PATCH /api/books/${id}`, { body: { price: 3 } })
    expect(row).toMatchObject({ copies: 9, format: 'ebook', tags: ['kept'], price: 3 })
  })

  test.each([
    ['copies', -1],
    ['copies', 1001],
    ['copies', 1.5],
    ['copies', '3'],
    ['copies', null],
    ['price', -0.01],
    ['price', '1'],
    ['format', 'scroll'],
    ['publishedAt', '21.11.2026'],
    ['publishedAt', '2026-02-30T00:00:00Z'],
    ['publishedAt', 1],
    ['released', '2026-02-30'],
    ['released', '2023-02-29'],
    ['released', '2026-11-28T00:00:00Z'],
    ['released', '28.11.2026'],
    ['released', null],
    ['subtitle', 5],
    ['tags', 'sea'],
    ['tags', null],
    ['tags', { 0: 'sea' }],
    ['tags', Array.from({ length: 21 }, () => 'many')],
    ['size', 'large'],
    ['author', 'short'],
    ['author', null],
  ])('%s cannot be %j', async (field, value) => {
    const body = { title: 'x', isbn: unique('isbn'), author: nobody, [field]: value }
    const reply = await send('POST /api/books', { body })
    expect(reply.status).toBe(400)
    expect(reply.badFields).toEqual([field])
  })

  test.each([
    ['tags.1', { tags: ['fine', 1] }],
    ['tags.1', { tags: ['fine', null] }],
    ['tags.2', { tags: ['fine', 'x'.repeat(40), 'x'.repeat(41)] }],
    ['size.pages', { size: { pages: 0 } }],
    ['size.colour', { size: { pages: 1, colour: 'red' } }],
  ])('an invalid value inside a list or JSON is named by its path: %s', async (path, fields) => {
    const reply = await send('POST /api/books', { body: { title: 'x', isbn: 'x', author: nobody, ...fields } })
    expect(reply.badFields).toEqual([path])
  })

  test('a list is replaced as a whole', async () => {
    const { id } = await createBook(send, { tags: ['a', 'b'] })
    expect((await send(`PATCH /api/books/${id}`, { body: { tags: ['c'] } })).row.tags).toEqual(['c'])
    expect((await send(`PATCH /api/books/${id}`, { body: { tags: [] } })).row.tags).toEqual([])
  })
}

function keys({ send }: Subject): void {
  test('a unique value that another row has is a 409 that names the field', async () => {
    const { isbn, author } = await createBook(send)
    const reply = await send('POST /api/books', { body: { title: 'x', isbn, author } })
    expect(reply.status).toBe(409)
    expect(reply.badFields).toEqual(['isbn'])
  })

  test('a change to a unique value that another row has is a 409 and changes nothing', async () => {
    const [first, second] = [await createBook(send), await createBook(send)]
    const reply = await send(`PUT /api/books/${second.id}`, { body: { isbn: first.isbn, title: 'thief' } })
    expect(reply.status).toBe(409)
    expect((await send(`GET /api/books/${second.id}`)).row).toEqual(second)
  })

  test('of many concurrent writes of one unique value, one succeeds', async () => {
    const name = unique('wanted')
    const replies = await Promise.all(Array.from({ length: 10 }, () => send('POST /api/authors', { body: { name } })))
    expect(tally(replies)).toEqual({ 201: 1, 409: 9 })
  })

  test('a reference to a missing row is a 400 that names the field', async () => {
    const created = await send('POST /api/books', { body: { title: 'x', isbn: unique('isbn'), author: nobody } })
    expect(created.status).toBe(400)
    expect(created.badFields).toEqual(['author'])
    const { id } = await createBook(send)
    const changed = await send(`PATCH /api/books/${id}`, { body: { author: nobody } })
    expect(changed.status).toBe(400)
    expect(changed.badFields).toEqual(['author'])
  })

  test('a row cannot be deleted while another row refers to it', async () => {
    const author = await createAuthor(send)
    const book = await createBook(send, { author: author.id })
    expect((await send(`DELETE /api/authors/${author.id}`)).status).toBe(409)
    expect((await send(`GET /api/authors/${author.id}`)).status).toBe(200)
    await send(`DELETE /api/books/${book.id}`)
    expect((await send(`DELETE /api/authors/${author.id}`)).status).toBe(204)
  })
}
