import { beforeAll, expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createTodo } from './rows.ts'

const routes: [string, string[]][] = [
  ['/api/todos', ['GET', 'POST']],
  ['/api/v1/todos', ['GET', 'POST']],
  ['/api/todos/x', ['GET', 'PUT', 'PATCH', 'DELETE']],
  ['/api/books/x/lend', ['POST']],
  ['/health/live', ['GET']],
  ['/openapi.json', ['GET']],
  ['/docs', ['GET']],
  ['/status', ['GET']],
  ['/', ['GET']],
  ['/todos.js', ['GET']],
]

function allowed(methods: string[]): string[] {
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted()
}

const listed = (allow: string) => allow.split(', ').toSorted()

export function methodCases({ send }: Subject): void {
  test.each(routes)('OPTIONS %s lists the methods', async (path, methods) => {
    const reply = await send(`OPTIONS ${path}`)
    expect(reply.status).toBe(204)
    expect(reply.text).toBe('')
    expect(listed(reply.header('allow'))).toEqual(allowed(methods))
  })

  test.each(routes)('%s refuses any other method and lists its own', async (path, methods) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'].filter((name) => !methods.includes(name))) {
      const reply = await send(`${method} ${path}`)
      expect(reply.status).toBe(405)
      expect(listed(reply.header('allow'))).toEqual(allowed(methods))
    }
  })

  test('OPTIONS of nothing is 404', async () => {
    expect((await send('OPTIONS /api/nothing')).status).toBe(404)
  })

  heads({ send })
}

/** The headers that may differ between two responses: time, request id and framing. */
const varying = new Set(['date', 'x-request-id', 'content-length', 'transfer-encoding', 'connection', 'keep-alive'])

function heads({ send }: Pick<Subject, 'send'>): void {
  let id = ''
  beforeAll(async () => {
    id = (await createTodo(send)).id
  })

  test.each([
    '/api/todos?limit=1&sort=-id',
    '/api/todos/ID',
    '/',
    '/todos.js',
    '/openapi.json',
    '/docs',
    '/nothing',
    '/api/todos?limit=0',
  ])('HEAD %s is GET without its body', async (path) => {
    const target = path.replace('ID', id)
    const [head, get] = [await send(`HEAD ${target}`), await send(`GET ${target}`)]
    expect(head.status).toBe(get.status)
    expect(head.bytes).toHaveLength(0)
    const names = [...new Set([...Object.keys(head.headers), ...Object.keys(get.headers)])]
    for (const name of names.filter((name) => !varying.has(name))) {
      expect(`${name}: ${head.header(name)}`).toBe(`${name}: ${get.header(name)}`)
    }
  })

  test.each(['/api/todos/ID', '/todos.js', '/nothing'])('HEAD %s gives no other length than GET', async (path) => {
    const target = path.replace('ID', id)
    const [head, get] = [await send(`HEAD ${target}`), await send(`GET ${target}`)]
    // RFC 9110 §8.6: it may be left out, but not be another.
    expect(['', String(get.bytes.length)]).toContain(head.header('content-length'))
  })
}
