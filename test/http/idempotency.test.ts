import { Hono } from 'hono'
import { expect, onTestFinished, test } from 'vitest'
import { Background } from '../../src/database/cleanup.ts'
import { keysMax, storedBytesMax } from '../../src/database/idempotency-keys.ts'
import { run } from '../../src/database/steps.ts'
import type { AppError } from '../../src/errors.ts'
import { errorResponse } from '../../src/http/error-response.ts'
import { createIdempotency, createKeyCleanup } from '../../src/http/idempotency.ts'
import type { Env, RequestContext } from '../../src/request/context.ts'
import { createTestDatabase } from '../harness/database.ts'

const dayMs = 24 * 60 * 60 * 1000

interface Caller {
  userId?: string
  address?: string
}

/** A server whose one route responds with as many letters as its path says. */
async function createWorld() {
  const { database, connection, remove } = await createTestDatabase([])
  onTestFinished(remove)
  const clock = { ms: dayMs }
  const commitOnce = createIdempotency({ database, now: () => clock.ms })
  let writes = 0
  const hono = new Hono<Env>()
  hono.post('/:letters', (c) =>
    commitOnce(c, c.req.header('idempotency-key') ?? '', function* () {
      yield []
      writes += 1
      const letters = Number(c.req.param('letters'))
      const headers = { ETag: `"${writes}"` }
      return letters === 0 ? { status: 204, headers } : { status: 200, data: 'x'.repeat(letters), headers }
    }),
  )
  hono.onError((error, c) => errorResponse(error as AppError, c.env, c.req.raw))

  async function post(key: string, letters: number, { userId, address = '192.0.2.1' }: Caller = {}) {
    const identity = userId === undefined ? null : ({ userId } as RequestContext['identity'])
    const env: RequestContext = {
      requestId: '1',
      traceparent: '',
      principal: userId ?? 'anonymous',
      identity,
      route: '',
      bodyText: '',
      bodies: null,
      payments: null,
      extraUnits: 0,
      peer: { address, isSecure: true },
      isMessage: false,
    }
    const request = new Request(`https://app.example/${letters}`, {
      method: 'POST',
      headers: { 'Idempotency-Key': key },
    })
    const response = await hono.fetch(request, env)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  const figure = (sql: string) => Number(Object.values(connection.prepare(sql).get() ?? {})[0])
  return {
    post,
    clock,
    database,
    cleanUp: createKeyCleanup({ database, now: () => clock.ms }),
    writes: () => writes,
    storedBytes: () => figure('select coalesce(sum(length(body)), 0) from galley_idempotency'),
    storedKeys: () => figure('select count(*) from galley_idempotency'),
  }
}

const user = { userId: 'user1' }
const megabyte = 1024 * 1024

test('of the responses to one client the newest are stored, until they reach 4 MiB', async () => {
  const { post, storedBytes, storedKeys, writes } = await createWorld()
  for (let n = 0; n < 30; n += 1) expect((await post(`key ${n}`, megabyte, user)).status).toBe(200)
  expect(storedBytes()).toBeGreaterThanOrEqual(storedBytesMax)
  expect(storedBytes()).toBeLessThan(storedBytesMax + megabyte)
  expect(storedKeys()).toBe(30)
  expect((await post('key 29', megabyte, user)).headers.get('idempotency-replayed')).toBe('true')
  expect(writes()).toBe(30)
})

test('small responses are stored by the thousand', async () => {
  const { post } = await createWorld()
  for (let n = 0; n < 2000; n += 1) await post(`key ${n}`, 500, user)
  expect(await post('key 0', 500, user)).toMatchObject({ status: 200, text: expect.stringContaining('xxx') })
})

test('a request whose response is no longer stored is not done again, and its repeat says so', async () => {
  const { post, writes } = await createWorld()
  await post('first', megabyte, user)
  for (let n = 0; n < 4; n += 1) await post(`key ${n}`, megabyte, user)
  const { status, headers, text } = await post('first', megabyte, user)
  expect([status, JSON.parse(text).code, headers.get('etag')]).toEqual([409, 'response_not_kept', '"1"'])
  expect(writes()).toBe(5)
})

test('a response that is larger than the limit is not stored, and drops no other', async () => {
  const { post, writes, storedBytes } = await createWorld()
  await post('small', 10, user)
  expect((await post('large', 5 * megabyte, user)).status).toBe(200)
  expect(storedBytes()).toBeLessThan(100)
  expect((await post('large', 5 * megabyte, user)).status).toBe(409)
  expect((await post('small', 10, user)).status).toBe(200)
  expect(writes()).toBe(2)
})

test('a response without a body is always replayed', async () => {
  const { post, writes } = await createWorld()
  await post('empty', 0, user)
  for (let n = 0; n < 5; n += 1) await post(`key ${n}`, megabyte, user)
  expect((await post('empty', 0, user)).status).toBe(204)
  expect(writes()).toBe(6)
})

test('no client drops the responses of another', async () => {
  const { post } = await createWorld()
  await post('mine', megabyte, user)
  await post('a stranger, at home', megabyte)
  for (let n = 0; n < 6; n += 1) await post(`key ${n}`, megabyte, { userId: 'user2' })
  for (let n = 0; n < 6; n += 1) await post(`a stranger, number ${n}`, megabyte, { address: '2001:db8::1' })
  expect((await post('mine', megabyte, user)).status).toBe(200)
  expect((await post('a stranger, at home', megabyte)).status).toBe(200)
})

test('the strangers of an IPv6 /48 have one limit', async () => {
  const { post, storedBytes } = await createWorld()
  for (let n = 0; n < 20; n += 1) await post(`key ${n}`, megabyte, { address: `2001:db8:7:${n}::1` })
  expect(storedBytes()).toBeLessThan(storedBytesMax + megabyte)
})

test("the key of a stranger does not stand in another's way", async () => {
  const { post, writes } = await createWorld()
  expect((await post('order-42', 10)).status).toBe(200)
  expect((await post('order-42', 20, { address: '198.51.100.7' })).status).toBe(200)
  expect((await post('order-42', 10, { address: '198.51.100.7' })).headers.has('idempotency-replayed')).toBe(false)
  expect((await post('order-42', 30)).status).toBe(200)
  expect(writes()).toBe(4)
})

test('a stranger may repeat a request from another network', async () => {
  const { post, writes } = await createWorld()
  const key = crypto.randomUUID()
  await post(key, 10)
  expect((await post(key, 10, { address: '198.51.100.7' })).headers.get('idempotency-replayed')).toBe('true')
  expect(writes()).toBe(1)
})

test('the key of a user is one for all requests and networks', async () => {
  const { post } = await createWorld()
  await post('k', 10, user)
  expect((await post('k', 20, user)).status).toBe(422)
  expect((await post('k', 10, { ...user, address: '198.51.100.7' })).status).toBe(200)
})

test('the cleanup deletes all keys after a day', async () => {
  const { post, clock, cleanUp, storedKeys } = await createWorld()
  for (let n = 0; n < 1100; n += 1) await post(`key ${n}`, 10, user)
  clock.ms += dayMs
  await cleanUp(new Background())
  expect(storedKeys()).toBe(1100)
  clock.ms += 1
  await cleanUp(new Background())
  expect(storedKeys()).toBe(0)
})

test('the cleanup ends when the server stops', async () => {
  const { post, clock, cleanUp, storedKeys } = await createWorld()
  for (let n = 0; n < 500; n += 1) await post(`key ${n}`, 10, user)
  clock.ms += dayMs + 1
  const background = new Background()
  const ended = cleanUp(background)
  background.stop()
  await ended
  expect(storedKeys()).toBe(300)
})

test('of the keys of one client the newest are kept', async () => {
  const { post, database, storedKeys } = await createWorld()
  const seed = `insert into galley_idempotency (principal, key, fingerprint, client, createdAt, number)
    with recursive n(i) as (values (1) union all select i + 1 from n where i < ?)
    select 'user1', 'old ' || i, '', 'user1', ?, i from n`
  await database.write(() => run({ sql: seed, parameters: [keysMax, dayMs] }))
  for (let n = 0; n < 10; n += 1) await post(`key ${n}`, 10, user)
  expect(storedKeys()).toBe(keysMax)
  expect((await post('key 0', 10, user)).headers.get('idempotency-replayed')).toBe('true')
  expect((await post('old 5', 10, user)).status).toBe(200)
  expect((await post('old 50000', 10, user)).status).toBe(422)
})
