import { Hono } from 'hono'
import { hc } from 'hono/client'
import { afterEach, expect, test } from 'vitest'
import { testServer } from '../../adapters/testing/test-server.ts'
import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { job } from '../../src/jobs/job.ts'
import type { Platform } from '../../src/ports/platform.ts'
import type { Env } from '../../src/request/context.ts'

const reminders: string[] = []
const remind = job('remind', { backoff: { firstMs: 1000, maxMs: 1000 } }, ({ attempt, now }) => {
  reminders.push(`attempt ${attempt} at ${now()}`)
  if (attempt === 1) throw new Error('not yet')
})
const notes = collection('notes', {
  access: { read: 'owner', create: 'signedIn' },
  fields: { text: field.text() },
  hooks: {
    before: {
      *create(_, { enqueue, now }) {
        yield* enqueue(remind, undefined, { at: now() + 5000 })
      },
    },
    after: {
      create({ text }) {
        if (text === 'broken') throw new Error('broken hook')
      },
    },
  },
})

let stop = async () => {}
afterEach(() => stop())
const start = async (...given: [{ seed?: number; now?: number }?]) => {
  const app = await testServer({ collections: [notes], jobs: [remind] }, ...given)
  stop = app.stop
  return app
}

test('serves requests and acts on behalf of users, without a port', async () => {
  const app = await start()
  const ann = await app.signUp('ann@example.com')
  const made = await ann.request('/api/notes', { method: 'POST', body: '{"text":"hello"}' })
  expect(made.status).toBe(201)
  expect((await app.as(ann.identity).collection(notes).list()).rows).toMatchObject([{ text: 'hello', owner: ann.id }])
  expect((await app.request('/api/notes')).status).toBe(401)
  const editor = await app.signUp('ed@example.com', { role: 'editor', isVerified: true })
  const { data } = (await (await editor.request('/api/auth/me')).json()) as { data: object }
  expect(data).toMatchObject({ role: 'editor', verifiedAt: '1970-01-01T00:00:00.000Z' })
})

test('takes the function that a server takes, with an environment', async () => {
  const server = (platform: Platform, { GREETING }: { GREETING: string }) =>
    createApp(platform, {
      collections: [notes],
      jobs: [remind],
      routes: () => new Hono<Env>().get('/greeting', (c) => c.json({ data: GREETING })),
    })
  const app = await testServer(server, { env: { GREETING: 'hello' } })
  stop = app.stop
  expect(await (await app.request('/greeting')).json()).toEqual({ data: 'hello' })
  const client = hc<typeof app>('http://localhost', { fetch: app.request })
  expect((await client.api.notes.$get()).status).toBe(401)
})

test('webhooks are caught', async () => {
  const books = collection('books', { access: 'open', fields: { title: field.text() } })
  const app = await testServer({ collections: [books], webhooks: [books] })
  stop = app.stop
  const admin = await app.signUp('ann@example.com', { role: 'admin' })
  const body = JSON.stringify({ url: 'https://hooks.example', events: ['books.created'] })
  expect((await admin.request('/api/admin/webhooks', { method: 'POST', body })).status).toBe(201)
  await app.as('system').collection(books).create({ title: 'Emma' })
  await app.runJobs()
  expect(app.webhooks).toMatchObject([{ url: 'https://hooks.example/', body: expect.stringContaining('Emma') }])
})

test('time stands still, and jobs run when it is moved on', async () => {
  reminders.length = 0
  const app = await start({ now: 0 })
  const ann = await app.signUp('ann@example.com')
  await app.as(ann.identity).collection(notes).create({ text: 'later' })
  await app.runJobs()
  await app.advance(4999)
  expect(reminders).toEqual([])
  await app.advance(1)
  await app.advance(1000)
  expect(reminders).toEqual(['attempt 1 at 5000', 'attempt 2 at 6000'])
})

test('catches email', async () => {
  const app = await start()
  const ann = await app.signUp('ann@example.com')
  await ann.request('/api/auth/verify', { method: 'POST' })
  await expect.poll(() => app.mail).toMatchObject([{ to: 'ann@example.com' }])
})

test('gives the same ids in every run of one seed', async () => {
  const ids = []
  for (const seed of [7, 7, 8]) {
    const app = await start({ seed })
    ids.push((await app.as('system').collection(notes).create({ text: 'a' })).id)
    await app.stop()
  }
  stop = async () => {}
  expect(ids[0]).toBe(ids[1])
  expect(ids[0]).not.toBe(ids[2])
})

test('tells at the end what the app has reported', async () => {
  const app = await testServer({ collections: [notes], jobs: [remind] })
  await app.as('system').collection(notes).create({ text: 'broken' })
  await new Promise((resolve) => setTimeout(resolve))
  await expect(app.stop()).rejects.toThrow('broken hook')
  stop = async () => {}
})

test('a row that a seed cannot put is named in the error', async () => {
  const tags = collection('tags', { access: 'open', fields: { name: field.text({ unique: true }) } })
  const app = await testServer({
    collections: [tags],
    async seed({ put }) {
      await put(tags, 'one', { name: 'garden' })
      await put(tags, 'two', { name: 'garden' })
    },
  })
  await expect(app.seed()).rejects.toMatchObject({ code: 'conflict', message: 'tags "two": name: is taken' })
  await app.stop()
})
