/** Middleware and routes of the user, on an app without a runtime around it. */
import { Hono } from 'hono'
import { hc } from 'hono/client'
import { afterAll, beforeAll, expect, expectTypeOf, test, vi } from 'vitest'
import type { AppOptions } from '../../src/app/options.ts'
import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import type { Assets } from '../../src/ports/assets.ts'
import type { Env } from '../../src/request/context.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createTestPlatform } from '../harness/platform.ts'

const notes = collection('notes', { access: 'open', fields: { text: field.text() } })

let subject: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  subject = await createTestDatabase([notes])
})
afterAll(() => subject.remove())

const html = '<!doctype html><title>Shop</title>'
const assets: Assets = {
  open: async (path) =>
    path === 'shop.html'
      ? { sizeBytes: html.length, version: '1', isImmutable: false, read: () => new Blob([html]).stream() }
      : null,
}

const createPlatform = () => createTestPlatform({ database: subject.database, assets, now: () => 7 })

const create = (options: Pick<AppOptions<readonly [typeof notes], never>, 'middleware'>) =>
  createApp(createPlatform(), { collections: [notes], ...options })

async function ask(app: { fetch(request: Request): Response | Promise<Response> }, path: string, init?: RequestInit) {
  return await app.fetch(new Request(`http://localhost${path}`, init))
}

test('an app without options serves the built-in routes', async () => {
  const app = createApp(createPlatform())
  expect((await ask(app, '/health/live')).status).toBe(200)
  expect((await ask(app, '/api/notes')).status).toBe(404)
})

test('middleware wraps every route, static pages and unknown paths', async () => {
  const seen: string[] = []
  const app = create({
    middleware: () => [
      async (c, next) => {
        seen.push(`> ${c.req.path}`)
        await next()
        seen.push(`< ${c.res.status}`)
      },
    ],
  })
  const paths = ['/api/notes', '/health/live', '/shop', '/openapi.json', '/nothing']
  for (const path of paths) await ask(app, path)
  expect(seen).toEqual(paths.flatMap((path) => [`> ${path}`, `< ${path === '/nothing' ? 404 : 200}`]))
})

test('middleware may set the policy of a static page', async () => {
  const policy = "default-src 'self'; img-src https:"
  const app = create({
    middleware: () => [
      [
        '/shop',
        async (c, next) => {
          await next()
          c.header('Content-Security-Policy', policy)
        },
      ],
    ],
  })
  const page = await ask(app, '/shop')
  expect(page.headers.get('content-security-policy')).toBe(policy)
  expect(page.headers.get('etag')).toBe('"1"')
  expect(await page.text()).toBe(html)
  expect((await ask(app, '/shop.html')).headers.get('content-security-policy')).toContain("script-src 'self'")
})

test('the log knows the route behind middleware, and the own route before /:id', async () => {
  const access = vi.fn()
  const platform = { ...createPlatform(), log: { access, note() {}, problem() {} } }
  const app = createApp(platform, {
    collections: [notes],
    middleware: () => [(_, next) => next()],
    routes: () => new Hono<Env>().get('/api/notes/newest', (c) => c.json({ newest: true })),
  })
  expect(await (await ask(app, '/api/notes/newest')).json()).toEqual({ newest: true })
  expect((await ask(app, '/api/notes/other')).status).toBe(404)
  await (await ask(app, '/shop')).text()
  expect(access.mock.calls.map(([{ route }]) => route)).toEqual(['/api/notes/newest', '/api/notes/:id', '(file)'])
})

test('a response of a route goes out with its own headers', async () => {
  const app = createApp(createPlatform(), {
    routes: () =>
      new Hono<Env>().get('/feed', (c) =>
        c.body('<feed/>', 200, { 'Cache-Control': 'max-age=60', 'Referrer-Policy': 'origin' }),
      ),
  })
  const { headers } = await app.fetch(new Request('http://localhost/feed'), { address: null, isSecure: true })
  expect(headers.get('cache-control')).toBe('max-age=60')
  expect(headers.get('referrer-policy')).toBe('origin')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('strict-transport-security')).toContain('max-age')
})

test('routes get typed rows, the log, the clock, and no mailer where there are no accounts', () => {
  const app = createApp(createPlatform(), {
    collections: [notes],
    routes: ({ rows, mailer, now, log }) => {
      expectTypeOf(rows.notes.make).returns.toHaveProperty('text').toEqualTypeOf<string>()
      expectTypeOf(rows).not.toHaveProperty('todos')
      expect([mailer, now(), typeof log.problem]).toEqual([null, 7, 'function'])
      return new Hono<Env>().get('/time', (c) => c.json({ ms: now() }))
    },
  })
  const client = hc<typeof app>('http://localhost')
  expectTypeOf(client.time.$get).toBeFunction()
  expectTypeOf(client.api.notes.$post).toBeFunction()
  expectTypeOf(client).not.toHaveProperty('nothing')
})

test('use on a finished app is refused with the way that works', () => {
  const app = createApp(createPlatform())
  expect(() => app.use((_, next) => next())).toThrow('Middleware must be given to createApp')
})
