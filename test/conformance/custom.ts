import { expect, test } from 'vitest'
import { type Subject, tally } from './http.ts'
import { createBook, etagOf, unique } from './rows.ts'

export function customCases({ send }: Subject): void {
  test('a collection of the user has the same routes as the shipped one', async () => {
    const book = await createBook(send)
    expect((await send(`GET /api/books/${book.id}`)).row).toEqual(book)
    expect((await send(`GET /api/v1/books/${book.id}`)).row).toEqual(book)
    expect((await send(`PATCH /api/books/${book.id}`, { body: { copies: 2 } })).row.copies).toBe(2)
    expect((await send(`DELETE /api/books/${book.id}`)).status).toBe(204)
  })

  test('a custom route changes a row, and its version with it', async () => {
    const book = await createBook(send, { copies: 2 })
    const reply = await send(`POST /api/books/${book.id}/lend`)
    expect(reply.status).toBe(200)
    expect(reply.row).toEqual({ ...book, copies: 1, version: reply.row.version })
    expect(reply.row.version).toBeGreaterThan(book.version)
    expect(reply.header('etag')).toBe(etagOf(reply.row))
    expect((await send(`POST /api/v1/books/${book.id}/lend`)).row.copies).toBe(0)
  })

  test('a failed guard of a custom route is a 409', async () => {
    const book = await createBook(send, { copies: 0 })
    const reply = await send(`POST /api/books/${book.id}/lend`)
    expect(reply.status).toBe(409)
    expect(reply.body().error).toBe('Every copy is lent.')
    expect((await send('POST /api/books/00000000000000000000000000/lend')).status).toBe(404)
  })

  test('of many concurrent requests for the last copies, each copy goes to one', async () => {
    const book = await createBook(send, { copies: 3 })
    const replies = await Promise.all(Array.from({ length: 12 }, () => send(`POST /api/books/${book.id}/lend`)))
    expect(tally(replies)).toEqual({ 200: 3, 409: 9 })
    expect((await send(`GET /api/books/${book.id}`)).row.copies).toBe(0)
  })

  test('a custom route replays by Idempotency-Key', async () => {
    const book = await createBook(send, { copies: 5 })
    const headers = { 'Idempotency-Key': unique('lend') }
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => send(`POST /api/books/${book.id}/lend`, { headers })),
    )
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1)
    expect((await send(`GET /api/books/${book.id}`)).row.copies).toBe(4)
  })

  test('a custom route goes before /:id', async () => {
    const { data } = (await send('GET /api/books/stats')).body<{ titles: number; copies: number }>()
    await createBook(send, { copies: 4 })
    const later = (await send('GET /api/books/stats')).body<{ titles: number; copies: number }>().data
    expect(later).toEqual({ titles: data.titles + 1, copies: data.copies + 4 })
  })

  test('a custom route makes many rows in one write, or none', async () => {
    const taken = unique('taken')
    const names = [unique('first'), taken]
    expect((await send('POST /api/authors/import', { body: [taken] })).status).toBe(201)
    expect((await send('POST /api/authors/import', { body: names })).status).toBe(409)
    const query = new URLSearchParams({ 'filter[name]': names[0] ?? '' })
    expect((await send(`GET /api/authors?${query}`)).rows).toEqual([])
  })
}
