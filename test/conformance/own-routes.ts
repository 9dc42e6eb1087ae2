import { expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createBook, unique } from './rows.ts'

/** Middleware, routes and pages of the user; see `test/fixtures/reports.ts`. */
export function ownRouteCases(subject: Subject): void {
  middleware(subject)
  routes(subject)
  pages(subject)
}

interface Paths {
  paths: Record<string, Record<string, object>>
}

function middleware({ send }: Subject): void {
  test('middleware runs before the route, in order, and sees the client', async () => {
    const reply = await send('GET /reports/books')
    expect(reply.status).toBe(200)
    expect(reply.header('x-trail')).toBe('first, second')
    expect(reply.header('x-client')).toBe('anonymous')
    expect(reply.header('x-rows')).toBe('books')
    expect((await send('GET /health/live')).header('x-trail')).toBe('')
  })

  test('middleware may respond in place of the route', async () => {
    const reply = await send('GET /reports/books', { headers: { 'X-Stop': 'respond' } })
    expect([reply.status, reply.body()]).toEqual([418, { stopped: true }])
    expect(reply.header('x-trail')).toBe('first')
    expect(reply.header('x-request-id')).toMatch(/\S/)
    expect(reply.header('x-content-type-options')).toBe('nosniff')
  })

  test.each([
    ['throw', 403, 'forbidden', 'The reports are closed.'],
    ['fail', 500, 'internal', expect.not.stringContaining('swordfish')],
  ])('an error thrown in middleware (%s) is a response like any other error', async (stop, status, code, error) => {
    const reply = await send('GET /reports/books', { headers: { 'X-Stop': stop } })
    expect(reply.status).toBe(status)
    expect(reply.body()).toEqual({ error, status, code, requestId: reply.header('x-request-id') })
  })
}

function routes({ send }: Subject): void {
  test('a route reads rows by the name of their collection', async () => {
    const book = await createBook(send, { copies: 7 })
    expect((await send(`GET /reports/books/${book.id}`)).body()).toEqual({ data: { title: book.title, copies: 7 } })
    expect((await send('GET /reports/books/00000000000000000000000000')).status).toBe(404)
  })

  test('a route commits a write, which replays by Idempotency-Key', async () => {
    const book = await createBook(send, { copies: 1 })
    const headers = { 'Idempotency-Key': unique('restock') }
    const first = await send(`POST /reports/books/${book.id}/restock`, { headers })
    expect([first.status, first.body()]).toEqual([200, { data: { copies: 1000 }, status: 200 }])
    const second = await send(`POST /reports/books/${book.id}/restock`, { headers })
    expect(second.text).toBe(first.text)
    expect(second.header('idempotency-replayed')).toBe('true')
    expect((await send('POST /reports/books/00000000000000000000000000/restock')).body().error).toBe('Book not found')
    expect((await send(`GET /api/books/${book.id}`)).row.copies).toBe(1000)
  })

  test('a wrong method at a route is a 405 that names the right ones', async () => {
    const reply = await send('DELETE /reports/books')
    expect([reply.status, reply.header('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  test('routes are in the OpenAPI document, with their own description or listed', async () => {
    const { paths } = JSON.parse((await send('GET /openapi.json')).text) as Paths
    expect(paths['/reports/books']?.get).toMatchObject({ summary: 'Count the books' })
    expect(paths['/reports/books/{id}']?.get).toMatchObject({ tags: ['reports'] })
    expect(Object.keys(paths['/reports/books/{id}/restock'] ?? {})).toEqual(['post'])
    expect(paths['/echo/{message}']?.get).toMatchObject({ summary: 'Returns the message' })
  })
}

function pages({ send }: Subject): void {
  test('a page has the policy for pages, unless it or middleware sets another', async () => {
    const policy = async (path: string) => (await send(`GET ${path}`)).header('content-security-policy')
    expect(await policy('/pages/plain')).toContain("script-src 'self'")
    expect(await policy('/pages/own')).toBe("default-src 'self' https://cdn.example")
    expect(await policy('/pages/strict')).toBe("default-src 'none'; img-src https:")
    expect(await policy('/reports/books')).toContain("default-src 'none'; frame-ancestors")
  })
}
