import { deflateSync, gunzipSync, inflateSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import type { Row, Subject } from './http.ts'
import { createBook, createTodo, etagOf } from './rows.ts'

const decoders = { gzip: gunzipSync, deflate: inflateSync } as const
const encodings = ['gzip', 'deflate'] as const

export function compressionCases(subject: Subject): void {
  compressed(subject)
  weakened(subject)
  if (subject.ownsSocket) negotiated(subject)
}

function createBigBook({ send }: Subject): Promise<Row> {
  return createBook(send, { subtitle: 'long '.repeat(200), tags: ['sea', 'cook'] })
}

function compressed(subject: Subject): void {
  const { send } = subject
  let big: Row
  beforeAll(async () => {
    big = await createBigBook(subject)
  })

  test.each(encodings)('a large response is compressed by %s', async (encoding) => {
    const reply = await send(`GET /api/books/${big.id}`, { headers: { 'Accept-Encoding': encoding } })
    expect(reply.header('content-encoding')).toBe(encoding)
    expect(reply.bytes.length).toBeLessThan(1000)
    expect(JSON.parse(decoders[encoding](reply.bytes).toString())).toEqual({ data: big, status: 200 })
    expect(reply.header('vary')).toContain('Accept-Encoding')
    expect(reply.header('content-type')).toBe('application/json')
  })

  test.each(['/openapi.json', '/todos.js', '/docs/swagger-ui.css'])('%s is the same compressed', async (path) => {
    const plain = await send(`GET ${path}`)
    for (const encoding of encodings) {
      const reply = await send(`GET ${path}`, { headers: { 'Accept-Encoding': encoding } })
      expect(reply.header('content-encoding')).toBe(encoding)
      expect(decoders[encoding](reply.bytes).equals(plain.bytes)).toBe(true)
      expect(['', String(reply.bytes.length)]).toContain(reply.header('content-length'))
    }
  })

  test('deflate is the zlib format, as RFC 9110 has it', async () => {
    const { bytes } = await send(`GET /api/books/${big.id}`, { headers: { 'Accept-Encoding': 'deflate' } })
    expect(bytes[0]).toBe(deflateSync('x')[0])
  })

  test('without Accept-Encoding nothing is compressed', async () => {
    const reply = await send(`GET /api/books/${big.id}`)
    expect(reply.headers).not.toHaveProperty('content-encoding')
    expect(reply.row).toEqual(big)
  })
}

function weakened(subject: Subject): void {
  const { send } = subject

  test.each(encodings)('%s weakens the ETag, and the weak one still matches', async (encoding) => {
    const book = await createBigBook(subject)
    const path = `/api/books/${book.id}`
    const accept = { 'Accept-Encoding': encoding }
    const tag = (await send(`GET ${path}`, { headers: accept })).header('etag')
    expect(tag).toBe(`W/${etagOf(book)}`)
    expect((await send(`GET ${path}`, { headers: { ...accept, 'If-None-Match': tag } })).status).toBe(304)
    const headers = { 'If-Match': tag }
    expect((await send(`PATCH ${path}`, { body: { copies: 2 }, headers })).status).toBe(200)
    expect((await send(`PATCH ${path}`, { body: { copies: 3 }, headers })).status).toBe(412)
  })

  test('a compressed file that the client has cached is 304', async () => {
    const accept = { 'Accept-Encoding': 'gzip' }
    const tag = (await send('GET /todos.js', { headers: accept })).header('etag')
    expect(tag).toMatch(/^W\//)
    expect((await send('GET /todos.js', { headers: { ...accept, 'If-None-Match': tag } })).status).toBe(304)
  })
}

/** Only where the server owns the socket: Cloudflare's front end compresses plain responses by rules of its own. */
function negotiated(subject: Subject): void {
  const { send } = subject
  let big: Row
  beforeAll(async () => {
    big = await createBigBook(subject)
  })
  const get = (encoding: string, path = `/api/books/${big.id}`) =>
    send(`GET ${path}`, { headers: { 'Accept-Encoding': encoding } })

  test.each([
    ['gzip, deflate', 'gzip'],
    ['deflate, gzip;q=0.5', 'deflate'],
    ['gzip;q=0, deflate', 'deflate'],
    ['GZIP', 'gzip'],
    ['*', 'gzip'],
    ['gzip, identity', 'gzip'],
    ['gzip, identity;q=0.5', 'gzip'],
    ['gzip;q=0.5', 'gzip'],
    ['identity;q=0.4, gzip;q=0.3, deflate;q=0.5', 'deflate'],
    ['*;q=0.1, gzip;q=0', 'deflate'],
  ])('Accept-Encoding: %s is answered in %s', async (asked, given) => {
    expect((await get(asked)).header('content-encoding')).toBe(given)
  })

  test.each([
    'identity, gzip;q=0.5',
    'gzip;q=0.9, identity;q=1',
    'identity;q=0.6, *;q=0.5',
    'identity',
    'gzip;q=0',
    'gzip;q=0, deflate;q=0',
    'gzip;q=0.0, *;q=0',
    'snappy',
    '',
  ])('Accept-Encoding: %j is answered as it is, and may vary', async (asked) => {
    const reply = await get(asked)
    expect(reply.headers).not.toHaveProperty('content-encoding')
    expect(reply.row).toEqual(big)
    expect(reply.header('vary')).toContain('Accept-Encoding')
    expect(reply.header('etag')).toBe(etagOf(big))
  })

  test('a small response is not compressed', async () => {
    const todo = await createTodo(send)
    const reply = await get('gzip', `/api/todos/${todo.id}`)
    expect(reply.headers).not.toHaveProperty('content-encoding')
    expect(reply.header('etag')).toBe(etagOf(todo))
    expect((await get('gzip', '/nothing')).headers).not.toHaveProperty('content-encoding')
  })

  test('a range is not compressed', async () => {
    const reply = await send('GET /todos.js', { headers: { 'Accept-Encoding': 'gzip', Range: 'bytes=0-1999' } })
    expect(reply.status).toBe(206)
    expect(reply.headers).not.toHaveProperty('content-encoding')
    expect(reply.bytes).toHaveLength(2000)
  })
}
