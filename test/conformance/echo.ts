import { gunzipSync, inflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Subject } from './http.ts'

export function echoCases({ send }: Subject): void {
  test('GET /echo/:message returns the message as plain text', async () => {
    const reply = await send('GET /echo/abc')
    expect(reply.status).toBe(200)
    expect(reply.header('content-type')).toMatch(/^text\/plain/)
    expect(reply.header('x-content-type-options')).toBe('nosniff')
    expect(reply.text).toBe('abc')
  })

  test.each(['%C3%A4%20%E2%82%AC', 'a%2Fb', '%3Cscript%3E'])('decodes %s', async (message) => {
    expect((await send(`GET /echo/${message}`)).text).toBe(decodeURIComponent(message))
  })

  test('needs a message', async () => {
    expect((await send('GET /echo/')).status).toBe(404)
  })

  test('GET /user-agent returns the User-Agent', async () => {
    expect((await send('GET /user-agent', { headers: { 'User-Agent': 'foobar/1.2.3' } })).text).toBe('foobar/1.2.3')
  })

  test.each(['/echo/abc', '/user-agent'])(
    '%s is compressed, though short, when the client accepts it',
    async (path) => {
      const headers = { 'User-Agent': 'abc' }
      const zipped = await send(`GET ${path}`, { headers: { ...headers, 'Accept-Encoding': 'nothing, gzip' } })
      expect(zipped.header('content-encoding')).toBe('gzip')
      expect(gunzipSync(zipped.bytes).toString()).toBe('abc')
      const deflated = await send(`GET ${path}`, { headers: { ...headers, 'Accept-Encoding': 'deflate' } })
      expect(inflateSync(deflated.bytes).toString()).toBe('abc')
      expect(deflated.header('vary')).toContain('Accept-Encoding')
    },
  )

  test('other methods are refused with Allow', async () => {
    const reply = await send('POST /echo/abc', { body: 'x' })
    expect(reply.status).toBe(405)
    expect(reply.header('allow')).toBe('GET, HEAD, OPTIONS')
  })
}
