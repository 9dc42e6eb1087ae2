import { expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createTodo, unique } from './rows.ts'

const app = 'https://app.example'
const extension = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop'
/** The origins of other sites, of apps in a web view and of an extension that the server allows. */
export const corsOrigins = [app, 'capacitor://localhost', 'tauri://localhost', 'ionic://localhost', extension]

/** Every header that the server reads from a page. */
const readHeaders = [
  'accept',
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'if-range',
  'last-event-id',
  'range',
  'traceparent',
  'x-request-id',
]

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
    expect(names).toEqual([...readHeaders, '*'])
    expect(Number(reply.header('access-control-max-age'))).toBeGreaterThan(0)
    expect(reply.header('vary')).toContain('Origin')
  })

  test.each(corsOrigins)('%s is an origin that may be allowed, for reading and for writing', async (origin) => {
    expect((await preflight(origin)).header('access-control-allow-origin')).toBe(origin)
    const headers = { Origin: origin, 'Sec-Fetch-Site': 'cross-site' }
    const reply = await send('POST /api/todos', { body: { title: unique('x') }, headers })
    expect(reply.status).toBe(201)
    expect(reply.header('access-control-allow-origin')).toBe(origin)
  })

  test.each(['https://evil.example', 'null', 'https://app.example:8443', 'capacitor://app.example', 'tauri://evil'])(
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
      const exposed = allowed.header('access-control-expose-headers').toLowerCase().split(', ')
      expect(exposed).toEqual(expect.arrayContaining(['*', 'etag', 'location', 'retry-after', 'www-authenticate']))
      const safelisted = ['cache-control', 'content-language', 'content-length', 'content-type', 'expires']
      const ofConnection = ['connection', 'date', 'keep-alive', 'transfer-encoding', 'vary', 'last-modified', 'pragma']
      const known = new Set([...exposed, ...safelisted, ...ofConnection])
      const forBrowsers = /^(access-control-|cross-origin-|content-security|x-content-type|referrer-|permissions-)/
      const missing = Object.keys(allowed.headers).filter((name) => !known.has(name) && !forBrowsers.test(name))
      expect(missing).toEqual([])
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
