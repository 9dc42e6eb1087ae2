import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import type { Subject } from './http.ts'

export function negotiationCases(subject: Subject): void {
  home(subject)
  description(subject)
}

function home({ send, origin }: Subject): void {
  const get = (accept: string) => send('GET /', { headers: accept === '' ? {} : { Accept: accept } })

  test.each(['', '*/*', 'text/plain', 'text/*', 'text/plain, text/html', 'text/html;q=0.5, text/*'])(
    'GET / is text for Accept: %j',
    async (accept) => {
      const reply = await get(accept)
      expect(reply.status).toBe(200)
      expect(reply.header('content-type')).toBe('text/plain; charset=utf-8')
      expect(reply.text).toContain(`${origin()}/api/todos\n`)
      expect(reply.text).toContain(`${origin()}/api/books\n`)
      expect(reply.text).toMatch(/\/docs .*\n.*\/openapi\.json .*\n.*\/status .*\n.*\/health\/ready /)
    },
  )

  test.each([
    'application/json',
    'application/*',
    'application/json, text/html;q=0.9',
    'text/plain;q=0, application/json',
  ])('GET / is JSON for Accept: %s', async (accept) => {
    const reply = await get(accept)
    expect(reply.header('content-type')).toBe('application/json')
    const body = reply.body<{ collections: string[] }>()
    expect(body.status).toBe(200)
    expect(body.data).toMatchObject({ docs: '/docs', status: '/status', openapi: '/openapi.json' })
    expect(body.data.collections).toEqual(expect.arrayContaining(['/api/todos', '/api/authors', '/api/books']))
  })

  test.each(['text/html', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'])(
    'GET / is the page for Accept: %s',
    async (accept) => {
      const reply = await get(accept)
      expect(reply.header('content-type')).toBe('text/html; charset=utf-8')
      expect(reply.text).toMatch(/^<!doctype html>/i)
      expect(reply.text).toContain('href="/status"')
      expect(reply.header('content-security-policy')).toContain("script-src 'self'")
    },
  )

  test.each(['image/png', 'text/html;q=0', '*/*;q=0'])('GET / is 406 for Accept: %s', async (accept) => {
    const reply = await get(accept)
    expect(reply.status).toBe(406)
    expect(reply.body().code).toBe('not_acceptable')
  })

  test('every form of / varies by Accept', async () => {
    for (const accept of ['text/plain', 'application/json', 'text/html', 'image/png']) {
      expect((await get(accept)).header('vary')).toMatch(/\bAccept\b(?!-)/)
    }
  })
}

interface Description {
  openapi: string
  paths: Record<string, Record<string, unknown>>
}

function description({ send }: Subject): void {
  const read = async () => JSON.parse((await send('GET /openapi.json')).text) as Description

  test('/openapi.json is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate({ ...(await read()) })
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
    expect((await read()).openapi).toMatch(/^3\.1/)
  })

  test.each(['todos', 'authors', 'books'])('/openapi.json names every route of %s', async (name) => {
    const { paths } = await read()
    expect(Object.keys(paths[`/api/${name}`] ?? {}).toSorted()).toEqual(['get', 'post'])
    expect(Object.keys(paths[`/api/${name}/{id}`] ?? {}).toSorted()).toEqual(['delete', 'get', 'patch', 'put'])
  })

  test('/openapi.json names the custom routes', async () => {
    const { paths } = await read()
    expect(paths).toHaveProperty(['/api/books/{id}/lend', 'post'])
    expect(paths).toHaveProperty(['/api/books/stats', 'get'])
    expect(paths).toHaveProperty(['/api/authors/import', 'post'])
  })

  test.each([
    ['/docs', 3],
    ['/status', 2],
  ])('%s is a page whose %i files are there', async (address, count) => {
    const reply = await send(`GET ${address}`)
    expect(reply.header('content-type')).toBe('text/html; charset=utf-8')
    const files = [...reply.text.matchAll(/<(?:script|link)\b[^>]*(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path)
    expect(files).toHaveLength(count)
    for (const path of files) {
      const file = await send(`GET ${path}`)
      expect(file.status).toBe(200)
      expect(file.header('content-type')).toMatch(/^text\/(css|javascript); charset=utf-8$/)
      expect(file.bytes.length).toBeGreaterThan(50)
    }
  })
}
