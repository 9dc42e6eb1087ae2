import { expect, test } from 'vitest'
import type { Reply, Subject } from './http.ts'
import { unique } from './rows.ts'

export function errorCases(subject: Subject): void {
  shapes(subject)
  hosts(subject)
  problems(subject)
  sizes(subject)
  ownFaults(subject)
}

function expectError(reply: Reply, status: number, code: string): void {
  expect(reply.status).toBe(status)
  expect(reply.header('content-type')).toBe('application/json')
  const body = reply.body()
  expect(body).toMatchObject({ error: expect.any(String), status, code })
  expect(body.requestId).toBe(reply.header('x-request-id'))
  expect(body).not.toHaveProperty('data')
}

function shapes({ send }: Subject): void {
  test('a bad field is a 400 with its details', async () => {
    const reply = await send('POST /api/todos', { body: { title: '' } })
    expectError(reply, 400, 'validation_failed')
    expect(reply.body().details).toEqual([{ field: 'title', code: expect.any(String), message: 'must not be empty' }])
    expect(reply.body().error).toContain('title')
  })

  test('malformed JSON is a 400', async () => {
    expectError(await send('POST /api/todos', { body: '{"title":' }), 400, 'malformed_json')
  })

  test.each(['/nothing', '/api', '/api/', '/api/nothing', '/api/todos/a/b', '/API/todos', '/api/todos/'])(
    '%s is a 404',
    async (path) => {
      expectError(await send(`GET ${path}`), 404, 'not_found')
    },
  )

  test('a wrong method is a 405 that allows the right ones', async () => {
    const reply = await send('DELETE /api/todos')
    expectError(reply, 405, 'method_not_allowed')
    expect(reply.header('allow')).toContain('GET')
  })

  test('an old version is a 412', async () => {
    const { row } = await send('POST /api/todos', { body: { title: unique('x') } })
    const reply = await send(`DELETE /api/todos/${row.id}`, { headers: { 'If-Match': '"1"' } })
    expectError(reply, 412, 'precondition_failed')
  })

  test.each(['gzip', 'deflate', 'br', 'GZIP', 'identity, gzip'])('a body encoded as %s is a 415', async (encoding) => {
    const reply = await send('POST /api/todos', { body: { title: 'x' }, headers: { 'Content-Encoding': encoding } })
    expectError(reply, 415, 'unsupported_encoding')
    expect(reply.header('accept-encoding')).toBe('identity')
  })

  test('identity is no encoding', async () => {
    const headers = { 'Content-Encoding': 'identity' }
    expect((await send('POST /api/todos', { body: { title: unique('x') }, headers })).status).toBe(201)
  })
}

/** Only where the server listens itself; Cloudflare decides which names reach a Worker. */
function hosts({ send, ownsSocket }: Subject): void {
  if (!ownsSocket) return

  test('an unknown host name is a 421, and loopback names are known', async () => {
    for (const host of [
      'evil.example',
      'evil.example:80',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
    ]) {
      expectError(await send('GET /api/todos', { headers: { Host: host } }), 421, 'misdirected_request')
    }
    for (const host of ['localhost', 'LOCALHOST:3000', '127.0.0.1', '[::1]:3000', 'app.localhost']) {
      expect((await send('GET /health/live', { headers: { Host: host } })).status).toBe(200)
    }
  })

  test.each(['127.999.999.999', 'a b', 'localhost:99999', 'localhost:x', '[::1', 'a/b.localhost', 'me@localhost'])(
    'the host name %o is invalid, for every method',
    async (host) => {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
        expect((await send(`${method} /api/todos`, { headers: { Host: host } })).status).toBe(400)
      }
    },
  )
}

function problems({ send }: Subject): void {
  const bad = (accept: string) => send('POST /api/todos', { body: { title: '' }, headers: { Accept: accept } })

  test.each([
    'application/problem+json',
    'application/problem+json, application/json',
    'application/json, application/problem+json',
    'application/json;q=0.5, application/problem+json;q=0.9',
    'APPLICATION/PROBLEM+JSON',
    'text/html, application/problem+json;q=0.1, */*;q=0.1',
  ])('an error is problem details for Accept: %s', async (accept) => {
    const reply = await bad(accept)
    expect(reply.header('content-type')).toBe('application/problem+json')
    expect(reply.body()).toEqual({
      type: 'urn:galley:error:validation_failed',
      title: expect.any(String),
      status: 400,
      detail: expect.stringContaining('title'),
      code: 'validation_failed',
      requestId: reply.header('x-request-id'),
      details: [{ field: 'title', code: expect.any(String), message: expect.any(String) }],
    })
    expect(reply.header('vary')).toContain('Accept')
  })

  test.each([
    '*/*',
    'application/*',
    'application/json',
    'application/problem+json;q=0',
    'application/problem+json;q=0.4, application/json',
    'text/html',
  ])('an error is plain JSON for Accept: %s', async (accept) => {
    const reply = await bad(accept)
    expectError(reply, 400, 'validation_failed')
    expect(reply.header('vary')).toContain('Accept')
  })

  test('problem details are for every error', async () => {
    const headers = { Accept: 'application/problem+json' }
    for (const line of ['GET /nothing', 'DELETE /api/todos', 'GET /api/faults/throw', 'GET /api/todos?limit=0']) {
      const reply = await send(line, { headers })
      expect(reply.header('content-type')).toBe('application/problem+json')
      expect(reply.body()).toMatchObject({ status: reply.status, type: expect.stringMatching(/^urn:galley:error:/) })
    }
  })

  test('success is no problem', async () => {
    const reply = await send('GET /api/todos', { headers: { Accept: 'application/problem+json' } })
    expect(reply.header('content-type')).toBe('application/json')
  })
}

const bodyBytesMax = 1024 * 1024

function sizes({ send }: Subject): void {
  const padded = (bytes: number) => {
    const body = JSON.stringify({ title: unique('big') })
    return body + ' '.repeat(bytes - body.length)
  }

  test.each([false, true])('a body of 1 MiB is taken, and a byte more is a 413 (chunked: %s)', async (chunked) => {
    expect((await send('POST /api/todos', { body: padded(bodyBytesMax), chunked })).status).toBe(201)
    expectError(await send('POST /api/todos', { body: padded(bodyBytesMax + 1), chunked }), 413, 'body_too_large')
  })

  test('a head that is far too large is refused', async () => {
    // On Node the limit is Galley's own, with 431; Deno and workerd have theirs, and may close the connection.
    const headers = { 'X-Large': 'x'.repeat(2 * 1024 * 1024) }
    const status = await send('GET /api/todos', { headers }).then(
      (reply) => reply.status,
      (error: { code?: string }) => error.code,
    )
    expect([400, 413, 431, 'ECONNRESET', 'EPIPE']).toContain(status)
    expect((await send('GET /health/live')).status).toBe(200)
  })
}

function ownFaults({ send }: Subject): void {
  test.each(['GET /api/faults/throw', 'POST /api/faults/reject', 'GET /api/faults/sql'])(
    '%s fails with an internal error without details',
    async (line) => {
      const reply = await send(line)
      expectError(reply, 500, 'internal')
      expect(reply.text).not.toMatch(/swordfish|nowhere|Error:|\.ts/)
    },
  )
}
