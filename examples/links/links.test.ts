import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from 'galley/testing'
import { links, routes } from './links.ts'

const start = () => testServer({ collections: [links], routes })

test('a link leads on, and counts every visit', async () => {
  const app = await start()
  const ann = await app.signUp('ann@example.com')
  const own = app.as(ann.identity).collection(links)
  const { id } = await own.create({ name: 'docs', target: 'https://example.com/docs' })
  const visits = await Promise.all(Array.from({ length: 10 }, async () => await app.request('/to/docs')))
  assert.deepEqual(
    new Set(visits.map(({ status, headers }) => `${status} ${headers.get('location')}`)),
    new Set(['302 https://example.com/docs']),
  )
  assert.equal((await own.get(id)).visits, 10)
  assert.equal((await app.request('/to/nothing')).status, 404)
  await app.stop()
})

test('a name is taken once, and leads nowhere but to the web', async () => {
  const app = await start()
  const [ann, ben] = [await app.signUp('ann@example.com'), await app.signUp('ben@example.com')]
  const target = 'https://example.com'
  await app.as(ann.identity).collection(links).create({ name: 'mine', target })
  const others = app.as(ben.identity).collection(links)
  await assert.rejects(others.create({ name: 'mine', target }), { code: 'conflict' })
  await assert.rejects(others.create({ name: 'Mine!', target }), { code: 'conflict' })
  await assert.rejects(others.create({ name: 'evil', target: 'javascript:alert(1)' }), { code: 'conflict' })
  assert.deepEqual((await others.list()).rows, [])
  await app.stop()
})
