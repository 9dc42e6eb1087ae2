import { beforeAll, expect, test } from 'vitest'
import type { Reply, Subject } from './http.ts'

const path = '/todos.js'

export function staticCases(subject: Subject): void {
  files(subject)
  ranges(subject)
}

function files({ send }: Subject): void {
  test.each([
    ['/index.html', 'text/html; charset=utf-8'],
    ['/todos.js', 'text/javascript; charset=utf-8'],
    ['/favicon.svg', 'image/svg+xml; charset=utf-8'],
    ['/docs/swagger-ui.css', 'text/css; charset=utf-8'],
    ['/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ])('%s is %s', async (file, type) => {
    const reply = await send(`GET ${file}`)
    expect(reply.status).toBe(200)
    expect(reply.header('content-type')).toBe(type)
    expect(reply.bytes.length).toBeGreaterThan(100)
    expect(reply.header('cache-control')).toBe('no-cache')
  })

  test('a file is named by its percent-encoded path too', async () => {
    expect((await send('GET /%74odos.js')).text).toBe((await send(`GET ${path}`)).text)
  })

  test('a query does not change the file', async () => {
    expect((await send(`GET ${path}?v=2`)).status).toBe(200)
  })

  test.each([
    ['its tag', (tag: string) => tag],
    ['its tag, weakened', (tag: string) => `W/${tag}`],
    ['a list with its tag', (tag: string) => `"x", ${tag}`],
    ['*', () => '*'],
  ])('a file that the client has cached by %s is 304', async (_, condition) => {
    const tag = (await send(`GET ${path}`)).header('etag')
    expect(tag).toMatch(/^"[^"]+"$/)
    const reply = await send(`GET ${path}`, { headers: { 'If-None-Match': condition(tag) } })
    expect(reply.status).toBe(304)
    expect(reply.bytes).toHaveLength(0)
    expect(reply.header('etag')).toBe(tag)
  })

  test('a file with another tag than the cached one is sent', async () => {
    expect((await send(`GET ${path}`, { headers: { 'If-None-Match': '"other"' } })).status).toBe(200)
  })
}

function ranges({ send }: Subject): void {
  let whole: Reply
  beforeAll(async () => {
    whole = await send(`GET ${path}`)
  })
  const range = (value: string, more: Record<string, string> = {}) =>
    send(`GET ${path}`, { headers: { Range: value, ...more } })

  test('a file has Accept-Ranges', () => {
    expect(whole.header('accept-ranges')).toBe('bytes')
  })

  test.each([
    ['the first bytes', 'bytes=0-9', 0, 10],
    ['one byte', 'bytes=5-5', 5, 6],
    ['a part', 'bytes=100-199', 100, 200],
    ['all from one on', 'bytes=300-', 300, undefined],
    ['the last ones', 'bytes=-20', -20, undefined],
    ['more than there is', 'bytes=10-99999999', 10, undefined],
    ['more last ones than there are', 'bytes=-99999999', 0, undefined],
  ])('%s: %s', async (_, value, start, end) => {
    const reply = await range(value)
    const expected = whole.bytes.subarray(start, end)
    expect(reply.status).toBe(206)
    expect(reply.text).toBe(expected.toString())
    const first = start < 0 ? whole.bytes.length + start : start
    const total = whole.bytes.length
    expect(reply.header('content-range')).toBe(`bytes ${first}-${first + expected.length - 1}/${total}`)
    expect(reply.header('etag')).toBe(whole.header('etag'))
  })

  test.each(['bytes=99999999-', 'bytes=99999998-99999999', 'bytes=-0'])('%s is 416', async (value) => {
    const reply = await range(value)
    expect(reply.status).toBe(416)
    expect(reply.header('content-range')).toBe(`bytes */${whole.bytes.length}`)
    expect(reply.body().code).toBe('range_not_satisfiable')
  })

  test.each(['bytes=0-1,4-5', 'bytes=9-1', 'bytes=', 'bytes=-', 'bytes=a-b', 'lines=0-1', 'nonsense'])(
    '%s gives the whole file',
    async (value) => {
      const reply = await range(value)
      expect(reply.status).toBe(200)
      expect(reply.bytes).toHaveLength(whole.bytes.length)
    },
  )

  test('If-Range gives the part only of the version it names', async () => {
    expect((await range('bytes=0-9', { 'If-Range': whole.header('etag') })).status).toBe(206)
    expect((await range('bytes=0-9', { 'If-Range': '"older"' })).status).toBe(200)
    expect((await range('bytes=0-9', { 'If-Range': `W/${whole.header('etag')}` })).status).toBe(200)
  })

  test('a HEAD has no ranges', async () => {
    const reply = await send(`HEAD ${path}`, { headers: { Range: 'bytes=0-9' } })
    expect(reply.status).toBe(200)
    expect(reply.header('content-length')).toBe(String(whole.bytes.length))
  })
}
