import { expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createTodo, unique } from './rows.ts'

export function crossSiteCases(subject: Subject): void {
  refused(subject)
  passed(subject)
}

function refused({ send, origin }: Subject): void {
  const foreign: [string, Record<string, string>][] = [
    ['Sec-Fetch-Site: cross-site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['Sec-Fetch-Site: same-site', { 'Sec-Fetch-Site': 'same-site' }],
    ['an unknown Sec-Fetch-Site', { 'Sec-Fetch-Site': 'elsewhere' }],
    ['the Origin of another site', { Origin: 'https://evil.example' }],
    ['Origin: null', { Origin: 'null' }],
    ['a senseless Origin', { Origin: 'evil' }],
    ['cross-site and an Origin', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['an Origin like an allowed one', { Origin: 'https://app.example.evil.example' }],
    ['an allowed Origin over http', { Origin: 'http://app.example' }],
  ]

  test.each(foreign)('a POST with %s is refused and changes nothing', async (_, headers) => {
    const title = unique('foreign')
    const reply = await send('POST /api/todos', { body: { title }, headers })
    expect(reply.status).toBe(403)
    expect(reply.body().code).toBe('cross_site')
    const query = new URLSearchParams({ 'filter[title]': title })
    expect((await send(`GET /api/todos?${query}`)).rows).toEqual([])
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('a %s from another site is refused', async (method) => {
    const { id } = await createTodo(send)
    const headers = { 'Sec-Fetch-Site': 'cross-site' }
    const body = method === 'DELETE' ? undefined : { title: 'foreign' }
    expect((await send(`${method} /api/todos/${id}`, { body, headers })).status).toBe(403)
  })

  test('a custom route is refused to another site too', async () => {
    expect((await send('POST /api/books/x/lend', { headers: { 'Sec-Fetch-Site': 'cross-site' } })).status).toBe(403)
  })

  test.each(['tauri', 'capacitor', 'ftp'])("the server's own host over %s is another site", async (scheme) => {
    const headers = { Origin: `${scheme}://${new URL(origin()).host}` }
    expect((await send('POST /api/todos', { body: { title: 'x' }, headers })).status).toBe(403)
  })

  test('the Origin of another port is another site', async () => {
    const headers = { Origin: `http://${new URL(origin()).hostname}:1` }
    expect((await send('POST /api/todos', { body: { title: 'x' }, headers })).status).toBe(403)
  })
}

function passed({ send, origin }: Subject): void {
  test.each(['same-origin', 'none'])('a POST with Sec-Fetch-Site: %s passes', async (site) => {
    const reply = await send('POST /api/todos', { body: { title: unique('x') }, headers: { 'Sec-Fetch-Site': site } })
    expect(reply.status).toBe(201)
  })

  test('a POST with its own Origin passes', async () => {
    const reply = await send('POST /api/todos', { body: { title: unique('x') }, headers: { Origin: origin() } })
    expect(reply.status).toBe(201)
  })

  test('a POST from an allowed origin passes', async () => {
    const headers = { Origin: 'https://app.example', 'Sec-Fetch-Site': 'cross-site' }
    expect((await send('POST /api/todos', { body: { title: unique('x') }, headers })).status).toBe(201)
  })

  test.each(['GET', 'HEAD', 'OPTIONS'])('a %s from anywhere passes', async (method) => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
    expect((await send(`${method} /api/todos`, { headers })).status).toBeLessThan(300)
  })
}
