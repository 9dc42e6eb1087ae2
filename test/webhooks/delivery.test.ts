import { expect, test } from 'vitest'
import { createWebhookSender } from '../../adapters/process/webhooks.ts'
import { retriesMax, waitingDeliveriesMax } from '../../src/webhooks/limits.ts'
import { signatureOf } from '../../src/webhooks/signature.ts'
import { startMs, things, useWorlds } from './world.ts'

const { createWorld, receive } = useWorlds()
const hourMs = 3_600_000
const dayMs = 24 * hourMs

test('each change is delivered with its row, signed, to the endpoints that want it', async () => {
  const world = await createWorld()
  const receiver = await receive()
  const { id, secret } = await world.subscribe(receiver.url)
  await world.subscribe(`${receiver.url}/deleted`, ['things.deleted'])
  const rows = world.app.as('system').collection(things)
  const row = await rows.create({ name: 'cup' })
  await rows.update(row.id, { name: 'mug' })
  await rows.delete(row.id)
  await world.send('POST /api/secrets', { name: 'never sent' })
  await world.run()
  const bodies = receiver.received.map(({ path, body }) => [path, JSON.parse(body)] as const)
  const ofPath = (wanted: string) => bodies.filter(([path]) => path === wanted).map(([, body]) => body)
  expect(ofPath('/hook').toSorted((a, b) => a.type.localeCompare(b.type))).toMatchObject([
    { type: 'things.created', timestamp: '2027-01-04T09:00:00.000Z', data: row },
    { type: 'things.deleted', data: { name: 'mug' } },
    { type: 'things.updated', data: { name: 'mug' } },
  ])
  expect(ofPath('/hook/deleted')).toMatchObject([{ type: 'things.deleted' }])
  const first = receiver.received.find(({ path }) => path === '/hook')
  if (first === undefined) throw new Error('Nothing was received.')
  expect(first.message.timestamp).toBe(startMs / 1000)
  expect(first.signatures).toEqual([await signatureOf([secret], first.message)])
  const log = await world.deliveries(`?endpoint=${id}&state=delivered`)
  expect(log).toHaveLength(3)
  expect(log[0]).toMatchObject({ attempts: 1, status: 204, error: null, response: '' })
})

test('a change of a write that failed is not delivered, and one of a repeated request once', async () => {
  const world = await createWorld()
  const receiver = await receive()
  await world.subscribe(receiver.url)
  const failing = world.app.as('system').transaction(function* ({ collection }) {
    yield* collection(things).create({ name: 'lost' })
    throw new Error('broken')
  })
  await expect(failing).rejects.toThrow('broken')
  const init = { method: 'POST', body: '{"name":"kept"}', headers: { 'Idempotency-Key': 'a key of some length' } }
  await world.app.request('/api/things', init)
  await world.app.request('/api/things', init)
  await world.run()
  expect(receiver.received.map(({ body }) => JSON.parse(body).data.name)).toEqual(['kept'])
})

test('a failed delivery is retried with the same id and a new timestamp, and then succeeds', async () => {
  const world = await createWorld()
  const receiver = await receive()
  await world.subscribe(receiver.url)
  receiver.respond = (_, response) =>
    void response.writeHead(receiver.received.length < 3 ? 500 : 200).end('x'.repeat(5000))
  await world.send('POST /api/things', { name: 'cup' })
  await world.run()
  expect(await world.deliveries()).toMatchObject([
    {
      state: 'retrying',
      attempts: 1,
      status: 500,
      error: 'The response has the status 500.',
      response: 'x'.repeat(1024),
    },
  ])
  expect((await world.admin('GET ')).data).toMatchObject([{ failingSince: '2027-01-04T09:00:00.000Z', waiting: 1 }])
  await world.runAt(startMs + 6000)
  await world.runAt(startMs + 60_000)
  expect(new Set(receiver.received.map(({ message }) => message.id)).size).toBe(1)
  expect(receiver.received.map(({ message }) => message.timestamp - startMs / 1000)).toEqual([0, 6, 60])
  expect(await world.deliveries()).toMatchObject([{ state: 'delivered', attempts: 3, status: 200 }])
  expect((await world.admin('GET ')).data).toMatchObject([{ failingSince: null, waiting: 0 }])
})

test('Retry-After is obeyed, as seconds and as a date', async () => {
  const world = await createWorld()
  const receiver = await receive()
  await world.subscribe(receiver.url)
  const answers = ['600', new Date(startMs + 2 * hourMs).toUTCString(), '']
  receiver.respond = (_, response) => {
    const retryAfter = answers[receiver.received.length - 1]
    if (retryAfter) response.setHeader('retry-after', retryAfter)
    response.writeHead(retryAfter ? 429 : 200).end()
  }
  await world.send('POST /api/things', { name: 'cup' })
  for (const ms of [0, 599_999, 600_000, 2 * hourMs - 1, 2 * hourMs]) await world.runAt(startMs + ms)
  expect(receiver.received.map(({ message }) => message.timestamp - startMs / 1000)).toEqual([0, 600, 7200])
})

test('410 disables the endpoint; what waits for it is not sent', async () => {
  const world = await createWorld()
  const receiver = await receive()
  const { id } = await world.subscribe(receiver.url)
  receiver.respond = (_, response) => void response.writeHead(410).end()
  await world.send('POST /api/things', { name: 'cup' })
  await world.run()
  await world.send('POST /api/things', { name: 'mug' })
  await world.run()
  expect(receiver.received).toHaveLength(1)
  expect((await world.admin(`GET /${id}`)).data).toMatchObject({
    disabledReason: 'gone',
    disabledAt: expect.any(String),
  })
  const [{ id: delivery } = {}] = await world.deliveries('?state=failed')
  expect((await world.admin(`POST /deliveries/${String(delivery)}/run`)).status).toBe(409)
  receiver.respond = (_, response) => void response.writeHead(200).end()
  await world.admin(`PATCH /${id}`, { disabled: false })
  expect((await world.admin(`POST /deliveries/${String(delivery)}/run`)).status).toBe(200)
  await world.run()
  expect(await world.deliveries()).toMatchObject([{ state: 'delivered', id: delivery }])
  expect(new Set(receiver.received.map(({ message }) => message.id)).size).toBe(1)
})

test('a delivery that never succeeds fails for good, its endpoint is disabled in time, and it can be run again', async () => {
  const world = await createWorld()
  const receiver = await receive()
  const { id } = await world.subscribe(receiver.url)
  receiver.respond = (_, response) => void response.writeHead(503).end()
  await world.send('POST /api/things', { name: 'cup' })
  const due = world.connection.prepare('select dueAt from galley_jobs')
  for (let next = due.get(); next !== undefined; next = due.get()) await world.runAt(Number(next.dueAt))
  expect(receiver.received).toHaveLength(retriesMax + 1)
  expect(await world.deliveries()).toMatchObject([{ state: 'failed', attempts: retriesMax + 1 }])
  expect((await world.admin(`GET /${id}`)).data).toMatchObject({ disabledAt: null, waiting: 0 })
  expect(world.clock.ms - startMs).toBeGreaterThan(1.5 * dayMs)
  expect(world.clock.ms - startMs).toBeLessThan(4 * dayMs)
  await world.send('POST /api/things', { name: 'mug' })
  await world.runAt(startMs + 5 * dayMs)
  expect((await world.admin(`GET /${id}`)).data).toMatchObject({ disabledReason: 'failing' })
  expect(world.connection.prepare(`select count(*) as count from galley_jobs where state = 'dead'`).get()).toEqual({
    count: 0,
  })
})

test('a slow receiver delays no other', async () => {
  const world = await createWorld()
  const slow = await receive()
  const quick = await receive()
  await world.subscribe(slow.url)
  await world.subscribe(quick.url)
  const release: (() => void)[] = []
  slow.respond = (_, response) => void release.push(() => response.writeHead(200).end())
  const done = Promise.withResolvers<void>()
  quick.respond = (_, response) => {
    response.writeHead(200).end()
    if (quick.received.length === 30) done.resolve()
  }
  for (let count = 0; count < 30; count += 1) await world.send('POST /api/things', { name: 'cup' })
  const running = world.run()
  await done.promise
  expect(slow.received.length).toBeLessThanOrEqual(10)
  slow.respond = (_, response) => void response.writeHead(200).end()
  for (const each of release) each()
  await running
  expect(slow.received).toHaveLength(30)
})

test('a process that ends during a delivery has another make it again', async () => {
  const receiver = await receive()
  const hanging = Promise.withResolvers<never>()
  hanging.promise.catch(() => {})
  const begun = Promise.withResolvers<void>()
  const lost = { networks: ['127.0.0.1'], send: () => (begun.resolve(), hanging.promise) }
  const world = await createWorld({ sender: lost })
  await world.subscribe(receiver.url)
  await world.send('POST /api/things', { name: 'cup' })
  const running = world.run()
  await begun.promise
  world.clock.ms = startMs + 10_001
  const next = await world.another(createWebhookSender({ networks: ['127.0.0.1'] }))
  await next.run()
  expect(receiver.received).toHaveLength(1)
  expect(await world.deliveries()).toMatchObject([{ state: 'delivered', attempts: 1 }])
  hanging.reject(new Error('lost'))
  await running
})

test('of a row that is too large only the id is sent', async () => {
  const world = await createWorld()
  const receiver = await receive()
  await world.subscribe(receiver.url, ['*'])
  const { id } = await world.app
    .as('system')
    .collection(things)
    .create({ name: 'x'.repeat(30_000) })
  await world.run()
  expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({
    type: 'things.created',
    timestamp: '2027-01-04T09:00:00.000Z',
    data: { id },
    isPartial: true,
  })
})

test('beyond its bound of waiting deliveries an endpoint gets only the newest, and shows it; the app is not affected', async () => {
  const world = await createWorld()
  const receiver = await receive()
  const { id } = await world.subscribe(receiver.url)
  world.connection.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${waitingDeliveriesMax})
    insert into galley_jobs (id, job, payload, state, dueAt, createdAt)
    select 'x' || i, 'webhook:${id}', 'null', 'waiting', ${startMs + dayMs}, 0 from n`)
  await world.app.cleanUp()
  for (const name of ['left out', 'newest']) expect((await world.send('POST /api/things', { name })).status).toBe(201)
  await world.run()
  expect(receiver.received.map(({ body }) => JSON.parse(body).data.name)).toEqual(['newest'])
  expect((await world.admin(`GET /${id}`)).data).toMatchObject({
    overflowedAt: expect.any(String),
    waiting: waitingDeliveriesMax,
  })
})
