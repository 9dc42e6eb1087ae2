import { beforeAll, expect, test } from 'vitest'
import { cookieNameAt, type Subject } from './http.ts'
import { createTodo } from './rows.ts'

const dataPolicy = "default-src 'none'; frame-ancestors 'none'"

export function headerCases(subject: Subject): void {
  requestIds(subject)
  blanks(subject)
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

  test('made request ids have nothing in common, so that they do not count requests', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => send('GET /health/live')))
    const ids = replies.map((reply) => reply.header('x-request-id'))
    expect(new Set(ids.map((id) => id.slice(0, 8))).size).toBe(20)
    expect(new Set(ids.map((id) => id.slice(-8))).size).toBe(20)
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

/** Characters that `trim()` and `\s` take for blanks, and the header grammar does not: as one byte, and in UTF-8. */
const falseBlanks = ['\u00a0', '\u000b', '\u000c', '\u0085', '\u2000', '\u2028', '\u3000', '\ufeff']
  .flatMap((blank) => [blank, Buffer.from(blank).toString('latin1')])
  .filter((bytes, index, all) => bytes <= '\u00ff' && all.indexOf(bytes) === index)

function blanks({ send, origin }: Subject): void {
  test('a cookie counts only by its exact name, whatever stands around it', async () => {
    const body = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery', token: true }
    const { token } = (await send('POST /api/auth/sign-up', { body })).body<{ token: string }>().data
    const statusWith = async (cookie: string) =>
      await send('GET /api/auth/me', { headers: { Cookie: cookie } }).then(
        ({ status }) => status,
        // Node's client refuses to send VT and FF.
        () => 'not sent',
      )
    const name = cookieNameAt(origin())
    for (const blank of falseBlanks) {
      for (const cookie of [`${blank}${name}=${token}`, `a=b; ${blank}${name}=${token}`, `${name}${blank}=${token}`]) {
        expect(await statusWith(cookie), JSON.stringify(cookie)).not.toBe(200)
      }
    }
    for (const blank of ['', ' ', '\t', ' \t ']) {
      expect(await statusWith(`a=b;${blank}${name}${blank}=${blank}${token}${blank};c`), JSON.stringify(blank)).toBe(
        200,
      )
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
