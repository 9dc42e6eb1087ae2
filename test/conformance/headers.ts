import { beforeAll, expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createTodo } from './rows.ts'

const dataPolicy = "default-src 'none'; frame-ancestors 'none'"

export function headerCases(subject: Subject): void {
  requestIds(subject)
  secureHeaders(subject)
}

function requestIds({ send }: Subject): void {
  test.each(['abc', 'a'.repeat(128), 'A-z_0.9:x'])('the request id %s is taken', async (id) => {
    expect((await send('GET /api/todos', { headers: { 'X-Request-Id': id } })).header('x-request-id')).toBe(id)
  })

  test.each(['a'.repeat(129), 'a b', '<script>', 'a"b', '\u00e9', ''])('the request id %j is not taken', async (id) => {
    const reply = await send('GET /api/todos', { headers: { 'X-Request-Id': id } })
    expect(reply.header('x-request-id')).toMatch(/^[\w.:-]{1,128}$/)
    expect(reply.header('x-request-id')).not.toBe(id)
  })

  test('made request ids differ', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => send('GET /health/live')))
    expect(new Set(replies.map((reply) => reply.header('x-request-id'))).size).toBe(20)
  })

  test('every kind of answer has its request id', async () => {
    const headers = { 'X-Request-Id': 'named-by-the-client' }
    for (const line of [
      'GET /',
      'GET /docs',
      'GET /todos.js',
      'GET /nothing',
      'OPTIONS /api/todos',
      'GET /api/faults/throw',
    ]) {
      expect((await send(line, { headers })).header('x-request-id')).toBe('named-by-the-client')
    }
  })
}

function secureHeaders({ send }: Subject): void {
  let id = ''
  beforeAll(async () => {
    id = (await createTodo(send)).id
  })

  test.each([
    ['GET /api/todos', 'data'],
    ['GET /api/todos/ID', 'data'],
    ['GET /api/books/stats', 'data'],
    ['DELETE /api/todos', 'data'],
    ['OPTIONS /api/todos', 'data'],
    ['GET /nothing', 'data'],
    ['GET /api/faults/throw', 'data'],
    ['GET /openapi.json', 'data'],
    ['GET /todos.js', 'data'],
    ['GET /favicon.svg', 'data'],
    ['GET /docs/swagger-ui-bundle.js', 'data'],
    ['GET /docs', 'page'],
    ['GET /status', 'page'],
    ['GET /index.html', 'page'],
  ])('%s has the headers of every response, for %s', async (line, kind) => {
    const reply = await send(line.replace('ID', id))
    expect(reply.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': expect.stringMatching(/no-cache|no-store/),
    })
    const policy = reply.header('content-security-policy')
    if (kind === 'data') expect(policy).toBe(dataPolicy)
    else expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
  })

  test('no response names the software', async () => {
    const { headers } = await send('GET /api/todos')
    expect(headers).not.toHaveProperty('server')
    expect(headers).not.toHaveProperty('x-powered-by')
  })
}
