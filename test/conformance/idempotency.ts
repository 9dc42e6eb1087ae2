import { beforeAll, expect, test } from 'vitest'
import { bearer, signUp } from '../access/people.ts'
import type { Reply, Subject } from './http.ts'
import { createTodo, etagOf, startingWith, unique } from './rows.ts'

export function idempotencyCases(subject: Subject): void {
  replays(subject)
  refusals(subject)
}

const keyed = (key = unique('key')) => ({ 'Idempotency-Key': key })

const varying = new Set(['date', 'x-request-id', 'idempotency-replayed'])

/** The parts of a response that a replay must repeat. */
function visible({ status, headers, text }: Reply): unknown {
  return { status, text, headers: Object.entries(headers).filter(([name]) => !varying.has(name)) }
}

function replays({ send }: Subject): void {
  test('a repeated POST gets the same response and creates nothing', async () => {
    const title = unique('once')
    const request = { body: { title }, headers: keyed() }
    const first = await send('POST /api/todos', request)
    const second = await send('POST /api/todos', request)
    expect(first.status).toBe(201)
    expect(visible(second)).toEqual(visible(first))
    expect((await send(`GET /api/todos?${startingWith('title', title)}`)).rows).toHaveLength(1)
  })

  test('50 equal concurrent POSTs create one row and get 50 equal responses', async () => {
    const title = unique('storm')
    const request = { body: { title }, headers: keyed() }
    const replies = await Promise.all(Array.from({ length: 50 }, () => send('POST /api/todos', request)))
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(replies[0]?.status).toBe(201)
    expect((await send(`GET /api/todos?${startingWith('title', title)}`)).rows).toHaveLength(1)
  })

  test('the versioned and the plain address are one request', async () => {
    const request = { body: { title: unique('named') }, headers: keyed() }
    const first = await send('POST /api/todos', request)
    expect(visible(await send('POST /api/v1/todos', request))).toEqual(visible(first))
  })

  test.each(['PUT', 'PATCH'])('a %s with If-Match is replayed even after the version moved', async (method) => {
    const todo = await createTodo(send)
    const request = { body: { completed: true }, headers: { ...keyed(), 'If-Match': etagOf(todo) } }
    const first = await send(`${method} /api/todos/${todo.id}`, request)
    expect(first.status).toBe(200)
    await send(`PUT /api/todos/${todo.id}`, { body: { title: 'moved on' } })
    expect(visible(await send(`${method} /api/todos/${todo.id}`, request))).toEqual(visible(first))
    expect((await send(`GET /api/todos/${todo.id}`)).row.title).toBe('moved on')
  })

  test('a creating PUT is replayed, although the id is taken by then', async () => {
    const { id } = await createTodo(send)
    await send(`DELETE /api/todos/${id}`)
    const request = { body: { title: unique('x') }, headers: { ...keyed(), 'If-None-Match': '*' } }
    const first = await send(`PUT /api/todos/${id}`, request)
    expect(first.status).toBe(201)
    expect(visible(await send(`PUT /api/todos/${id}`, request))).toEqual(visible(first))
  })

  test('a repeated DELETE is 204 again', async () => {
    const { id } = await createTodo(send)
    const request = { headers: keyed() }
    const first = await send(`DELETE /api/todos/${id}`, request)
    expect(first.status).toBe(204)
    expect(visible(await send(`DELETE /api/todos/${id}`, request))).toEqual(visible(first))
    expect((await send(`DELETE /api/todos/${id}`, { headers: keyed() })).status).toBe(404)
  })

  test('only a replay has Idempotency-Replayed', async () => {
    const request = { body: { title: unique('x') }, headers: keyed() }
    expect((await send('POST /api/todos', request)).headers).not.toHaveProperty('idempotency-replayed')
    expect((await send('POST /api/todos', request)).header('idempotency-replayed')).toBe('true')
  })

  test('a key of 255 characters is taken', async () => {
    const request = { body: { title: unique('x') }, headers: keyed(unique('k').padEnd(255, 'k')) }
    const first = await send('POST /api/todos', request)
    expect((await send('POST /api/todos', request)).text).toBe(first.text)
  })
}

function refusals({ send }: Subject): void {
  let own: Record<string, string> = {}
  beforeAll(async () => {
    own = bearer(await signUp(send))
  })

  test('a key of a stranger counts for one request', async () => {
    const headers = keyed()
    const title = unique('x')
    const first = await send('POST /api/todos', { body: { title }, headers })
    const other = await send('POST /api/todos', { body: { title: unique('y') }, headers })
    expect([first.status, other.status]).toEqual([201, 201])
    const repeat = await send('POST /api/todos', { body: { title }, headers: { ...headers, 'X-From': '192.0.2.99' } })
    expect(visible(repeat)).toEqual(visible(first))
  })

  test('a short key of a stranger counts for one network', async () => {
    const request = { body: { title: unique('x') }, headers: keyed('1') }
    const first = await send('POST /api/todos', request)
    expect((await send('POST /api/todos', request)).row.id).toBe(first.row.id)
    const other = { ...request, headers: { ...request.headers, 'X-From': '192.0.2.99' } }
    expect((await send('POST /api/todos', other)).row.id).not.toBe(first.row.id)
  })

  test('a key with another body is 422', async () => {
    const headers = { ...keyed(), ...own }
    const first = await send('POST /api/todos', { body: { title: unique('x') }, headers })
    const second = await send('POST /api/todos', { body: { title: unique('y') }, headers })
    expect(first.status).toBe(201)
    expect(second.status).toBe(422)
    expect(second.body().code).toBe('idempotency_key_reused')
  })

  test('a key at another address or with another method is 422', async () => {
    const headers = { ...keyed(), ...own }
    const [one, two] = [await createTodo(send), await createTodo(send)]
    expect((await send(`PUT /api/todos/${one.id}`, { body: {}, headers })).status).toBe(200)
    expect((await send(`PUT /api/todos/${two.id}`, { body: {}, headers })).status).toBe(422)
    expect((await send(`PATCH /api/todos/${one.id}`, { body: {}, headers })).status).toBe(422)
  })

  test('a key with another condition is 422', async () => {
    const headers = { ...keyed(), ...own }
    const todo = await createTodo(send)
    expect((await send(`PUT /api/todos/${todo.id}`, { body: {}, headers })).status).toBe(200)
    const conditional = { ...headers, 'If-Match': etagOf(todo) }
    expect((await send(`PUT /api/todos/${todo.id}`, { body: {}, headers: conditional })).status).toBe(422)
  })

  test.each([256, 1000])('a key of %i characters is 400', async (length) => {
    const reply = await send('POST /api/todos', { body: { title: 'x' }, headers: keyed('k'.repeat(length)) })
    expect(reply.status).toBe(400)
  })

  test('an empty key, or one beyond ASCII, is 400', async () => {
    for (const key of ['', 'k\u00e9y', 'a\tb']) {
      const reply = await send('POST /api/todos', { body: { title: 'x' }, headers: keyed(key) })
      expect(reply.status).toBe(400)
    }
  })

  test('a failure is not kept: the key may be used for a better request', async () => {
    const headers = keyed()
    const { id } = await createTodo(send)
    const failed = await send(`PUT /api/todos/${id}`, { body: {}, headers: { ...headers, 'If-Match': '"1"' } })
    expect(failed.status).toBe(412)
    expect((await send('POST /api/todos', { body: { title: ' ' }, headers })).status).toBe(400)
    expect((await send('POST /api/todos', { body: { title: unique('x') }, headers })).status).toBe(201)
  })
}
