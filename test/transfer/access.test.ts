/** Imports and exports of each kind of client, by the rules of the collection. */
import { expect, test } from 'vitest'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { exportText, importText, startApp, useApp } from './world.ts'

useApp()

const own = collection('own', {
  access: { read: 'owner', create: 'signedIn', update: 'owner', delete: 'owner' },
  fields: { text: field.text(), code: field.text({ optional: true, unique: true }) },
})
const shelf = collection('shelf', {
  access: { read: 'anyone', create: (who) => (who === null ? { room: 'hall' } : true), update: 'nobody' },
  fields: { room: field.text({ indexed: true }), of: field.reference('own', { optional: true }) },
})

test('an export has the rows that the client may read, and no other', async () => {
  const app = await startApp(own, shelf)
  const [ann, ben] = [await app.signUp('ann@example.com'), await app.signUp('ben@example.com')]
  await importText(ann, '/api/own/import', '{"text":"a"}\n')
  await importText(ben, '/api/own/import', '{"text":"b","owner":"somebody"}\n')
  expect((await app.request('/api/own/export')).status).toBe(401)
  expect(JSON.parse(await exportText(ann, '/api/own/export'))).toMatchObject({ text: 'a', owner: ann.id })
  expect(JSON.parse(await exportText(ben, '/api/own/export'))).toMatchObject({ text: 'b', owner: ben.id })
  const admin = await app.signUp('admin@example.com', { role: 'admin' })
  expect((await exportText(admin, '/api/own/export')).trimEnd().split('\n')).toHaveLength(2)
})

test('an import obeys the rules of each row', async () => {
  const app = await startApp(own, shelf)
  expect((await app.request('/api/own/import', { method: 'POST', body: '{"text":"a"}' })).status).toBe(401)
  const rows = '{"room":"hall"}\n{"room":"vault"}\n{"room":"hall"}\n'
  expect(await importText(app, '/api/shelf/import', rows)).toMatchObject({
    errors: [{ line: 2, code: 'unauthorized' }],
    end: { created: 2, failed: 1 },
  })
  expect((await app.request('/api/shelf/import?onConflict=update', { method: 'POST', body: rows })).status).toBe(401)
})

test('an import changes no row of another user, and refers to none', async () => {
  const app = await startApp(own, shelf)
  const [ann, ben] = [await app.signUp('ann@example.com'), await app.signUp('ben@example.com')]
  const { id } = await app.as(ann.identity).collection(own).create({ text: 'secret', code: 'x' })
  const update = await importText(ben, '/api/own/import?onConflict=update', `{"id":"${id}","text":"changed"}\n`)
  expect(update.errors).toMatchObject([{ line: 1, code: 'not_found' }])
  const byCode = await importText(ben, '/api/own/import?onConflict=update&by=code', '{"code":"x","text":"changed"}\n')
  expect(byCode.errors).toMatchObject([{ line: 1, code: 'not_found' }])
  expect(await app.as(ann.identity).collection(own).get(id)).toMatchObject({ text: 'secret' })
  const reference = await importText(ben, '/api/shelf/import', `{"room":"hall","of":"${id}"}\n`)
  expect(reference.errors).toMatchObject([{ line: 1, code: 'validation_failed' }])
})

test('an API key imports and exports within its scopes', async () => {
  const app = await startApp(own, shelf)
  const ann = await app.signUp('ann@example.com')
  const body = JSON.stringify({ name: 'k', scopes: ['own:read'] })
  const made = (await (await ann.request('/api/auth/keys', { method: 'POST', body })).json()) as {
    data: { secret: string }
  }
  const headers = { Authorization: `Bearer ${made.data.secret}` }
  expect((await app.request('/api/own/export', { headers })).status).toBe(200)
  expect((await app.request('/api/own/import', { method: 'POST', body: '{"text":"a"}', headers })).status).toBe(403)
})

test('a session that ends stops its import and its export', async () => {
  const app = await startApp(own, shelf)
  const ann = await app.signUp('ann@example.com')
  const rows = Array.from({ length: 1200 }, (_, n) => `{"text":"${n}"}\n`)
  await importText(ann, '/api/own/import', rows.join(''))
  const reader = ((await ann.request('/api/own/export')).body as ReadableStream<Uint8Array>).getReader()
  expect((await reader.read()).done).toBe(false)
  let next = 0
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next === 600) await ann.request('/api/auth/sign-out', { method: 'POST' })
        controller.enqueue(new TextEncoder().encode(rows.slice(next, next + 200).join('')))
        next += 200
        if (next === rows.length) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const { end } = await importText(ann, '/api/own/import', stream)
  expect(end).toMatchObject({ done: false, code: 'unauthorized', created: 600 })
  await expect(reader.read()).rejects.toThrow()
})
