import { expect, test } from 'vitest'
import { createWebhookSender } from '../../adapters/process/webhooks.ts'
import { createApp } from '../../src/app.ts'
import { signatureOf } from '../../src/webhooks/signature.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createTestPlatform } from '../harness/platform.ts'
import { things, useWorlds } from './world.ts'

const { createWorld, receive } = useWorlds()
const url = 'https://hooks.example/a'
const dayMs = 24 * 3_600_000

test('an endpoint is created, listed, changed and deleted; its secret is shown once', async () => {
  const world = await createWorld()
  const created = await world.admin('POST ', { url, events: ['things.created'], description: ' Ours ' })
  expect(created).toMatchObject({
    status: 201,
    data: {
      url,
      events: ['things.created'],
      description: 'Ours',
      disabledAt: null,
      waiting: 0,
      secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
    },
  })
  const { id, secret, ...rest } = created.data
  for (const line of ['GET ', `GET /${id}`]) {
    const { data } = await world.admin(line)
    expect([data].flat()).toEqual([{ id, ...rest }])
    expect(JSON.stringify(data)).not.toContain(secret)
  }
  const changed = await world.admin(`PATCH /${id}`, { events: ['*'], disabled: true })
  expect(changed.data).toMatchObject({ url, events: ['*'], disabledReason: 'administrator' })
  expect((await world.admin(`POST /${id}/test`)).status).toBe(409)
  expect((await world.admin(`PATCH /${id}`, { disabled: false })).data).toMatchObject({ disabledAt: null })
  expect((await world.admin(`DELETE /${id}`)).status).toBe(204)
  for (const line of ['GET /', 'DELETE /']) expect((await world.admin(`${line}${id}`)).status).toBe(404)
  for (const line of ['/secret', '/test']) expect((await world.admin(`POST /${id}${line}`)).status).toBe(404)
  expect((await world.admin(`PATCH /${id}`, {})).status).toBe(404)
})

test('a bad URL or event is refused with its reason, and so is a twenty-first endpoint', async () => {
  const world = await createWorld()
  const refused = async (body: object) => (await world.admin('POST ', { url, events: ['*'], ...body })).error
  expect(await refused({ url: 'https://10.0.0.1/' })).toBe('url: must not lead to the private address 10.0.0.1')
  expect(await refused({ url: 'https://2130706434/' })).toContain('private address')
  expect(await refused({ url: 'http://8.8.8.8/' })).toContain('must begin with https://')
  expect((await world.admin('POST ', { url: ' HTTPS://Hooks.Example:443 ', events: ['*'] })).data.url).toBe(
    'https://hooks.example/',
  )
  expect(await refused({ url: 7 })).toContain('url')
  expect(await refused({ events: [] })).toContain('at least one')
  expect(await refused({ events: ['secrets.created'] })).toContain('must be such as *, things.*, things.created')
  expect(await refused({ secret: 'whsec_mine' })).toContain('secret')
  for (let count = 0; count < 19; count += 1) await world.subscribe(url)
  expect((await world.admin('POST ', { url, events: ['*'] })).status).toBe(409)
})

test('nobody but administrators reads or changes endpoints and deliveries', async () => {
  const world = await createWorld()
  const { id } = await world.subscribe(url)
  const user = await world.signUp()
  const lines = [
    'GET ',
    'POST ',
    `GET /${id}`,
    `PATCH /${id}`,
    `DELETE /${id}`,
    `POST /${id}/secret`,
    `POST /${id}/test`,
    'GET /deliveries',
    'GET /deliveries/x',
    'POST /deliveries/x/run',
  ]
  for (const line of lines) {
    const full = line.replace(' ', ' /api/admin/webhooks')
    const body = /^(POST|PATCH)/.test(line) ? {} : undefined
    expect((await world.send(full, body)).status).toBe(401)
    expect((await world.send(full, body, user)).status).toBe(403)
  }
})

test('a new secret signs beside the old one for a day, and then alone', async () => {
  const world = await createWorld()
  const receiver = await receive()
  const { id, secret: old } = await world.subscribe(receiver.url)
  const rotated = await world.admin(`POST /${id}/secret`)
  const { secret, oldSecretUntil } = rotated.data
  expect(secret).not.toBe(old)
  expect(Date.parse(oldSecretUntil)).toBe(world.clock.ms + dayMs)
  const signers: string[][] = []
  for (const ms of [0, dayMs - 1, dayMs]) {
    await world.send('POST /api/things', { name: 'cup' })
    await world.runAt(Date.parse(oldSecretUntil) - dayMs + ms)
    const last = receiver.received.at(-1)
    if (last === undefined) throw new Error('Nothing was received.')
    const known = new Map([
      [await signatureOf([old], last.message), 'old'],
      [await signatureOf([secret], last.message), 'new'],
    ])
    signers.push(last.signatures.map((each) => known.get(each) ?? 'unknown'))
  }
  expect(signers).toEqual([['new', 'old'], ['new', 'old'], ['new']])
})

test('a secret is never stored for a replay', async () => {
  const world = await createWorld()
  const headers = { authorization: `Bearer ${world.token}`, 'idempotency-key': 'a key of some length' }
  const body = JSON.stringify({ url, events: ['*'] })
  const response = await world.app.request('/api/admin/webhooks', { method: 'POST', headers, body })
  expect(response.status).toBe(400)
})

test('a test event is delivered to its endpoint alone, whatever that has chosen', async () => {
  const world = await createWorld()
  const receiver = await receive()
  const { id } = await world.subscribe(receiver.url, ['things.deleted'])
  await world.subscribe(`${receiver.url}/other`, ['*'])
  const { data } = await world.admin(`POST /${id}/test`)
  await world.run()
  expect(receiver.received).toMatchObject([{ path: '/hook' }])
  expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ type: 'test', data: {} })
  const { data: delivery } = await world.admin(`GET /deliveries/${data.delivery}`)
  expect(delivery).toMatchObject({ type: 'test', state: 'delivered', body: receiver.received[0]?.body })
})

test('deliveries are listed page by page, newest first, by endpoint and state', async () => {
  const world = await createWorld()
  const receiver = await receive()
  const first = await world.subscribe(receiver.url)
  const second = await world.subscribe(`${receiver.url}/broken`)
  receiver.respond = ({ path }, response) => void response.writeHead(path.endsWith('broken') ? 500 : 200).end()
  for (let count = 0; count < 5; count += 1) await world.send('POST /api/things', { name: 'cup' })
  await world.run()
  const ids: string[] = []
  let cursor = ''
  do {
    const page = await world.admin(`GET /deliveries?limit=3${cursor}`)
    ids.push(...page.data.map((each: { id: string }) => each.id))
    cursor = page.next === null ? '' : `&cursor=${page.next}`
  } while (cursor !== '')
  expect(ids).toHaveLength(10)
  expect(ids).toEqual(ids.toSorted().toReversed())
  expect(await world.deliveries(`?endpoint=${second.id}&state=retrying`)).toHaveLength(5)
  expect(await world.deliveries(`?endpoint=${first.id}&state=retrying`)).toEqual([])
  expect((await world.admin('GET /deliveries?state=odd')).status).toBe(400)
  expect((await world.admin('GET /deliveries?cursor=odd')).status).toBe(400)
})

test('of a deleted endpoint nothing is sent or kept, and the log keeps a thousand deliveries for two weeks', async () => {
  const world = await createWorld()
  const receiver = await receive()
  const kept = await world.subscribe(receiver.url)
  const gone = await world.subscribe(`${receiver.url}/gone`)
  await world.send('POST /api/things', { name: 'cup' })
  await world.run()
  await world.send('POST /api/things', { name: 'mug' })
  await world.admin(`DELETE /${gone.id}`)
  await world.run()
  expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(['/hook', '/hook', '/hook/gone'])
  await world.app.cleanUp()
  expect((await world.deliveries()).map(({ endpoint }) => endpoint)).toEqual([kept.id, kept.id])
  const insert = world.connection.prepare(`insert into galley_webhook_deliveries
    (id, endpoint, event, type, body, state, attempts, attemptedAt) values (?, ?, ?, 'test', '{}', 'failed', 1, ?)`)
  for (let count = 0; count < 1200; count += 1) insert.run(`0${count}`, kept.id, `0${count}`, world.clock.ms)
  await world.send('POST /api/things', { name: 'mug' })
  await world.run()
  const count = () => world.connection.prepare('select count(*) as count from galley_webhook_deliveries').get()?.count
  expect(count()).toBe(1000)
  world.clock.ms += 15 * dayMs
  await world.app.cleanUp()
  expect(count()).toBe(0)
})

test('the rows of a collection that is not named are never sent', async () => {
  const world = await createWorld()
  const receiver = await receive()
  await world.subscribe(receiver.url, ['*'])
  await world.send('POST /api/secrets', { name: 'hidden' })
  await world.run()
  expect(receiver.received).toEqual([])
})

test('an app without webhooks has no routes for them, and one that could not send or manage them is refused', async () => {
  const { database, remove } = await createTestDatabase([things])
  const platform = createTestPlatform({ database })
  const app = createApp(platform, { collections: [things] })
  expect((await app.request('/api/admin/webhooks')).status).toBe(404)
  expect(() => createApp(platform, { collections: [things], webhooks: [things] })).toThrow('sends no webhooks')
  const sending = { ...platform, webhooks: createWebhookSender({ networks: [] }) }
  expect(() => createApp(sending, { collections: [things], webhooks: [things] })).toThrow('need accounts')
  expect(() => createApp(sending, { webhooks: [things] })).toThrow('things, which is not a collection')
  await remove()
})
