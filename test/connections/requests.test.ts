import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { responseBytesMax } from '../../src/connections/limits.ts'
import { refuseCrossSite } from '../../src/http/cross-site.ts'
import { createHostCheck } from '../../src/http/host-check.ts'
import { endlessResponse } from './endless-response.ts'
import { formats, serve } from './test-client.ts'

function makeApp(): Hono {
  const app = new Hono()
  app.get('/api/todos', (c) => c.json({ data: [], next: null, status: 200 }))
  app.get('/api/todos/:id', (c) =>
    c.json({ data: { id: c.req.param('id'), q: c.req.query() } }, 200, { ETag: '"3"', 'X-Frame-Options': 'DENY' }),
  )
  app.post('/api/todos', async (c) =>
    c.json({ data: await c.req.json(), status: 201 }, 201, { Location: '/api/todos/1' }),
  )
  app.put('/api/raw', async (c) => c.text(`${c.req.header('content-type')} ${await c.req.text()}`))
  app.delete('/api/todos/:id', (c) => c.body(null, 204))
  app.get('/headers', (c) => c.json(Object.fromEntries(c.req.raw.headers)))
  app.get('/host', (c) => {
    createHostCheck(null)(c.req.raw)
    refuseCrossSite(c.req.raw, new Set())
    return c.json({ url: c.req.url, host: c.req.header('host') })
  })
  app.get(
    '/pretty',
    () => new Response('{\n  "a": [1, 2]\n}', { headers: { 'content-type': 'application/json; charset=utf-8' } }),
  )
  app.get('/list', (c) => c.json([1, 2]))
  app.get('/text', (c) => c.text('Grüße\n"you"'))
  app.get('/html', (c) => c.html('<p>Hi</p>'))
  app.get(
    '/problem',
    () =>
      new Response('{"title":"Bad","detail":"Really bad.","status":400,"code":"x"}', {
        status: 400,
        headers: { 'content-type': 'application/problem+json' },
      }),
  )
  app.get('/liar', () => new Response('no JSON', { headers: { 'content-type': 'application/json' } }))
  app.get('/same', (c) => c.body(null, 304, { ETag: '"3"' }))
  app.get('/image', () => new Response(new Uint8Array(3), { headers: { 'content-type': 'image/png' } }))
  app.get(
    '/broken-image',
    () => new Response(new Uint8Array(3), { status: 500, headers: { 'content-type': 'image/png' } }),
  )
  app.get('/busy', () => new Response('Too much.', { status: 503 }))
  app.get('/crash', () => {
    throw new Error('secret')
  })
  app.onError((error) => {
    throw error
  })
  app.notFound((c) =>
    c.json(
      { error: 'There is nothing at this address.', status: 404, code: 'not_found', requestId: 'r1', details: [] },
      404,
    ),
  )
  return app
}

const app = makeApp()
const fetch = (request: Request) => app.fetch(request)

describe.each(formats)('in %s', (_, format) => {
  const open = () => serve({ fetch, format }).open()

  test.each([
    ['GET /api/todos', undefined, { status: 200, headers: {}, body: { data: [], next: null, status: 200 } }],
    [
      'GET /api/todos/7?a=%20b',
      {},
      { status: 200, headers: { etag: '"3"' }, body: { data: { id: '7', q: { a: ' b' } } } },
    ],
    [
      'POST /api/todos',
      { body: { title: 'Tea 😀' } },
      { status: 201, headers: { location: '/api/todos/1' }, body: { data: { title: 'Tea 😀' }, status: 201 } },
    ],
    [
      'PUT /api/raw',
      { body: null },
      { status: 200, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: 'application/json null' },
    ],
    ['DELETE /api/todos/7', undefined, { status: 204, headers: {}, body: null }],
    ['GET /same', undefined, { status: 304, headers: { etag: '"3"' }, body: null }],
    [
      'GET /pretty',
      undefined,
      { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: { a: [1, 2] } },
    ],
    ['GET /list', undefined, { status: 200, headers: {}, body: [1, 2] }],
    [
      'GET /text',
      undefined,
      { status: 200, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: 'Grüße\n"you"' },
    ],
    [
      'GET /html',
      undefined,
      { status: 200, headers: { 'content-type': 'text/html; charset=UTF-8' }, body: '<p>Hi</p>' },
    ],
    ['GET /liar', undefined, { status: 200, headers: {}, body: 'no JSON' }],
    ['HEAD /api/todos', undefined, { status: 200, headers: {}, body: null }],
    ['GET //evil.example/x', undefined, null],
  ])('%s %j', async (method, params, result) => {
    const response = await open().call(method, params)
    if (result === null) expect(response.error.code).toBe(404)
    else expect(response).toEqual({ jsonrpc: '2.0', id: 1, result })
  })

  test('a response of 400 or more is an error of its status with the rest of its envelope', async () => {
    expect(await open().call('GET /nowhere')).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: 404,
        message: 'There is nothing at this address.',
        data: { code: 'not_found', requestId: 'r1', details: [] },
      },
    })
  })

  test('problem details are an error with their detail', async () => {
    expect((await open().call('GET /problem')).error).toMatchObject({
      code: 400,
      message: 'Really bad.',
      data: { code: 'x' },
    })
  })

  test('an error that is text is an error with that text', async () => {
    expect((await open().call('GET /busy')).error).toEqual({ code: 503, message: 'Too much.' })
  })

  test('an error that is neither keeps its status', async () => {
    expect((await open().call('GET /broken-image')).error.code).toBe(500)
  })

  test('an app that throws is error -32603 without details', async () => {
    const { open: openHere, problems } = serve({ fetch, format })
    expect((await openHere().call('GET /crash')).error).toEqual({
      code: -32603,
      message: 'Something went wrong on our side.',
    })
    expect(problems).toEqual([new Error('secret')])
  })

  test.each(['GET /image', 'GET /events', 'GET /text-without-end', 'GET /text-that-says-so'])(
    '%s is error 406, and its body is cancelled',
    async (method) => {
      const bodies = {
        '/image': endlessResponse('image/png'),
        '/events': endlessResponse('text/event-stream'),
        '/text-without-end': endlessResponse('text/plain'),
        '/text-that-says-so': endlessResponse('text/plain', responseBytesMax + 1),
      }
      const body = bodies[method.slice('GET '.length) as keyof typeof bodies]
      const client = serve({ fetch: () => body.response, format }).open()
      expect((await client.call(method)).error).toMatchObject({ code: 406, data: { code: 'not_acceptable' } })
      await body.cancelled
    },
  )

  test('headers that say something of the request pass, whatever their case', async () => {
    const headers = { Accept: 'a/b', 'Idempotency-Key': 'k', 'if-none-match': '"1"', 'If-Match': '*' }
    const { result } = await open().call('GET /headers', { headers })
    expect(result.body).toEqual({
      accept: 'a/b',
      'idempotency-key': 'k',
      'if-none-match': '"1"',
      'if-match': '*',
      host: 'localhost:3000',
    })
  })

  test.each([
    ['GET /headers', { headers: { Cookie: 'a=b' } }],
    ['GET /headers', { headers: { Authorization: 'x' } }],
    ['GET /headers', { headers: { Host: 'evil.example' } }],
    ['GET /headers', { headers: { 'X-Forwarded-For': '1.2.3.4' } }],
    ['GET /headers', { headers: { 'Content-Type': 'text/plain' } }],
    ['GET /headers', { headers: { Accept: 'a\r\nb' } }],
    ['GET /headers', { headers: { Accept: 5 } }],
    ['GET /headers', { headers: { Accept: '' } }],
    ['GET /headers', { headers: { Accept: 'x'.repeat(1025) } }],
    ['GET /headers', { headers: { Accept: 'a', accept: 'b' } }],
    ['GET /headers', { headers: [] }],
    ['GET /headers', { body: {} }],
    ['GET /headers', 'text'],
  ])('%s with params %j is error -32602', async (method, params) => {
    expect((await open().call(method, params)).error.code).toBe(-32602)
  })

  test.each([
    'get /api/todos',
    'TRACE /',
    'CONNECT /',
    'CONNECT localhost:80',
    'BREW /pot',
    'GET',
    'GET ',
    'GET api/todos',
    'GET http://evil.example/',
    'GET * ',
    'GET /a b',
    'GET /a#b',
    'GET /ä',
    'GET /a\nb',
    'GET /a\\b',
    ' /api/todos',
  ])('the method %j is error -32601', async (method) => {
    expect((await open().call(method)).error.code).toBe(-32601)
  })
})

test('a path that is too long is error 414', async () => {
  expect(
    (
      await serve({ fetch })
        .open()
        .call(`GET /${'a'.repeat(9000)}`)
    ).error.code,
  ).toBe(414)
})

test('a request names the host that the connection is for, and passes admission', async () => {
  const { result } = await serve({ fetch }).open({ authority: 'galley.example:8080' }).call('GET /host?x=1')
  expect(result.body).toEqual({ url: 'http://galley.example:8080/host?x=1', host: 'galley.example:8080' })
})

test('a request over TLS has a URL of https, and the peer is handed on', () => {
  const seen: unknown[] = []
  const { connections } = serve({
    fetch(request, peer) {
      seen.push(request.url, peer)
      return new Response(null)
    },
  })
  const peer = { address: '192.0.2.1', isSecure: true }
  const { channel } = serve().open()
  const connection = connections.open(channel, peer, { authority: 'a.example' })
  connection.receive('{"jsonrpc":"2.0","id":1,"method":"GET /"}')
  expect(seen).toEqual(['https://a.example/', peer])
})

test('a synchronous text response is sent in the same turn', () => {
  const client = serve({
    fetch: () => Response.json({ data: 1 }),
    textOf: () => '{"data":1}',
  }).open()
  client.ask('GET /')
  expect(client.channel.raw).toEqual([
    '{"jsonrpc":"2.0","id":1,"result":{"status":200,"headers":{},"body":{"data":1}}}',
  ])
})

test.each(formats)('a response of an own route that is too deep for a message is 406, in %s', async (_, format) => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const fetch = (request: Request) =>
    new Response(nested(Number(new URL(request.url).search.slice(1))), {
      headers: { 'content-type': 'application/json' },
    })
  const client = serve({ format, fetch }).open()
  expect((await client.call('GET /deep?62')).result.status).toBe(200)
  expect((await client.call('GET /deep?63')).error.code).toBe(406)
})
