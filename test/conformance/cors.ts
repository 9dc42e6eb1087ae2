import { expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createTodo, unique } from './rows.ts'

const app = 'https://app.example'

export function corsCases(subject: Subject): void {
  preflights(subject)
  requests(subject)
}

function preflights({ send }: Subject): void {
  const preflight = (origin: string, path = '/api/todos') =>
    send(`OPTIONS ${path}`, {
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'content-type,if-match,idempotency-key',
      },
    })

  test('a preflight of an allowed origin gets the allowed methods and headers', async () => {
    const reply = await preflight(app, '/api/todos/x')
    expect(reply.status).toBe(204)
    expect(reply.header('access-control-allow-origin')).toBe(app)
    expect(reply.header('access-control-allow-methods').split(', ')).toContain('PUT')
    const names = reply.header('access-control-allow-headers').toLowerCase().split(', ')
    expect(names).toEqual(expect.arrayContaining(['content-type', 'if-match', 'if-none-match', 'idempotency-key']))
    expect(Number(reply.header('access-control-max-age'))).toBeGreaterThan(0)
    expect(reply.header('vary')).toContain('Origin')
  })

  test.each(['https://evil.example', 'null', 'https://app.example:8443'])(
    'a preflight of %s gets no CORS headers',
    async (origin) => {
      const { headers } = await preflight(origin)
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(headers.vary).toContain('Origin')
    },
  )
}

function requests({ send }: Subject): void {
  test.each(['GET /api/todos?limit=1', 'GET /nothing', 'GET /api/faults/throw', 'GET /todos.js', 'GET /openapi.json'])(
    '%s may be read by an allowed origin and by no other',
    async (line) => {
      const allowed = await send(line, { headers: { Origin: app } })
      expect(allowed.header('access-control-allow-origin')).toBe(app)
      expect(allowed.header('access-control-expose-headers')).toContain('ETag')
      const other = await send(line, { headers: { Origin: 'https://evil.example' } })
      expect(other.headers).not.toHaveProperty('access-control-allow-origin')
      for (const reply of [allowed, other, await send(line)]) expect(reply.header('vary')).toContain('Origin')
    },
  )

  test('an allowed origin may write, and reads the response', async () => {
    const reply = await send('POST /api/todos', { body: { title: unique('x') }, headers: { Origin: app } })
    expect(reply.status).toBe(201)
    expect(reply.header('access-control-allow-origin')).toBe(app)
  })

  test('an allowed origin reads a 304', async () => {
    const { id, version } = await createTodo(send)
    const reply = await send(`GET /api/todos/${id}`, { headers: { Origin: app, 'If-None-Match': `"${version}"` } })
    expect(reply.status).toBe(304)
    expect(reply.header('access-control-allow-origin')).toBe(app)
  })

  test('credentials are never allowed', async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const { headers } = await send(`${method} /api/todos`, { headers: { Origin: app } })
      expect(headers).not.toHaveProperty('access-control-allow-credentials')
    }
  })
}
