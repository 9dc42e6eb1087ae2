import { expect, onTestFinished, test } from 'vitest'
import { createCredentials } from '../../src/auth/credentials.ts'
import { Background } from '../../src/database/cleanup.ts'
import { runAll } from '../../src/database/steps.ts'
import type { Database, Statement } from '../../src/ports/database.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createWorld, password, type World } from './world.ts'

const dayMs = 24 * 60 * 60 * 1000
const hourMs = 60 * 60 * 1000

const showing = (headers: Record<string, string>) => new Request('https://app.example/', { headers })
const bearing = (token: string) => showing({ Authorization: `Bearer ${token}` })

async function makeKey({ ask }: World, token: string, expiresAt: string | null = null) {
  const response = await ask('POST /keys', {
    bearer: token,
    body: { name: 'robot', scopes: ['todos:read'], expiresAt },
  })
  return response.body.data as { id: string; secret: string }
}

test('without a credential, with another cookie or with another scheme the client is anonymous', async () => {
  const { auth } = await createWorld()
  expect(auth.identities.identify(showing({}))).toBeNull()
  expect(auth.identities.identify(showing({ Cookie: 'galley=x; session=y; x__Host-galley=z' }))).toBeNull()
  expect(auth.identities.identify(showing({ Authorization: 'Basic QWxhZGRpbjpvcGVu' }))).toBeNull()
})

test('a session is identified by its cookie and by its token', async () => {
  const { auth, signUp } = await createWorld()
  const { id, token, session } = await signUp()
  const identity = {
    userId: id,
    role: 'user',
    isVerified: false,
    scopes: null,
    credentialId: session,
    credential: 'session',
    expiresAtMs: Date.parse('2026-12-21T08:00:00Z'),
  }
  expect(await auth.identities.identify(showing({ Cookie: `a=b; __Host-galley=${token}; c=d` }))).toEqual(identity)
  expect(await auth.identities.identify(bearing(token))).toEqual(identity)
  expect(await auth.identities.identify(showing({ Authorization: `bearer  ${token} ` }))).toEqual(identity)
  expect(await auth.identities.identifyToken(token)).toEqual(identity)
})

test('an API key is identified with its scopes and its end', async () => {
  const world = await createWorld()
  const { id, token } = await world.signUp()
  const key = await makeKey(world, token, '2027-01-01T00:00:00Z')
  expect(key.secret).toMatch(/^glk_[\w-]{43}$/)
  expect(await world.auth.identities.identifyToken(key.secret)).toEqual({
    userId: id,
    role: 'user',
    isVerified: false,
    scopes: ['todos:read'],
    credentialId: key.id,
    credential: 'key',
    expiresAtMs: Date.parse('2027-01-01T00:00:00Z'),
  })
})

test('where both are shown, Authorization wins, even when it is worth nothing', async () => {
  const { auth, signUp } = await createWorld()
  const [ann, bob] = [await signUp(), await signUp()]
  const both = showing({ Authorization: `Bearer ${ann.token}`, Cookie: `__Host-galley=${bob.token}` })
  expect(await auth.identities.identify(both)).toMatchObject({ userId: ann.id })
  const bad = showing({ Authorization: 'Bearer nonsense', Cookie: `__Host-galley=${bob.token}` })
  expect(() => auth.identities.identify(bad)).toThrow(expect.objectContaining({ code: 'unauthorized' }))
})

test.each([
  '',
  'x',
  `gls_${'A'.repeat(42)}`,
  `glr_${'A'.repeat(43)}`,
  `gls_${'A'.repeat(43)}`,
  `glk_${'A'.repeat(43)}`,
  `gls_${'A'.repeat(43)}' or 1`,
])('the token %j is invalid', async (token) => {
  const { auth } = await createWorld()
  const found = (async () => await auth.identities.identifyToken(token))()
  await expect(found).rejects.toMatchObject({ code: 'unauthorized' })
})

test('of two cookies of the same name neither is believed', async () => {
  const { auth, signUp } = await createWorld()
  const { token } = await signUp()
  const twice = showing({ Cookie: `__Host-galley=${token}; __Host-galley=${token}` })
  expect(() => auth.identities.identify(twice)).toThrow(expect.objectContaining({ code: 'unauthorized' }))
})

test('an invalid cookie is deleted', async () => {
  const { auth } = await createWorld()
  expect(() => auth.identities.identify(showing({ Cookie: '__Host-galley=old' }))).toThrow(
    expect.objectContaining({ headers: { 'Set-Cookie': expect.stringMatching(/^__Host-galley=; Max-Age=0; /) } }),
  )
})

interface Counted {
  database: Database
  reads: Statement[]
}

async function countReads(): Promise<Counted> {
  const { database, connection, remove } = await createTestDatabase([])
  onTestFinished(remove)
  connection.exec(`insert into galley_users values ('u', 'a@example.com', 'x', 'user', 0, null, null)`)
  const reads: Statement[] = []
  const read = (statement: Statement) => {
    reads.push(statement)
    return database.read(statement)
  }
  return { database: { ...database, read, write: (write) => database.write(write) }, reads }
}

async function storeSession(database: Database, token: string, id: string, lastSeenAt = 0): Promise<void> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  const hash = new Uint8Array(digest).toHex()
  const sql = `insert into galley_logins values (?, 'u', ?, 0, ?, ${30 * dayMs}, null, '')`
  await database.write(() => runAll({ sql, parameters: [id, hash, lastSeenAt] }))
}

const tokenOf = (n: number) => `gls_${String(n).padStart(43, '0')}`

test('a recent identity comes from the cache without a read, for less than a second', async () => {
  const { database, reads } = await countReads()
  await storeSession(database, tokenOf(1), 's1')
  let ms = 0
  const { identify } = createCredentials({ database, now: () => ms })
  await identify(bearing(tokenOf(1)))
  expect(reads).toHaveLength(1)
  ms = 899
  expect(identify(bearing(tokenOf(1)))).toMatchObject({ userId: 'u' })
  expect(reads).toHaveLength(1)
  ms = 900
  expect(identify(bearing(tokenOf(1)))).toMatchObject({ userId: 'u' })
  expect(reads).toHaveLength(2)
})

test('after the clock was set back nothing is believed for longer', async () => {
  const { database, reads } = await countReads()
  await storeSession(database, tokenOf(1), 's1')
  let ms = 10 * hourMs
  const { identify } = createCredentials({ database, now: () => ms })
  await identify(bearing(tokenOf(1)))
  ms = 0
  await identify(bearing(tokenOf(1)))
  expect(reads).toHaveLength(2)
})

test('10,000 identities are cached; the least recently used is read again', async () => {
  const { database, reads } = await countReads()
  for (let n = 0; n <= 10_000; n += 1) await storeSession(database, tokenOf(n), `s${n}`)
  const { identifyToken } = createCredentials({ database, now: () => 0 })
  for (let n = 0; n <= 10_000; n += 1) await identifyToken(tokenOf(n))
  reads.length = 0
  await identifyToken(tokenOf(10_000))
  await identifyToken(tokenOf(1))
  expect(reads).toHaveLength(0)
  await identifyToken(tokenOf(0))
  expect(reads).toHaveLength(1)
})

test('a credential that is revoked while it is read is not cached', async () => {
  const { database } = await countReads()
  await storeSession(database, tokenOf(1), 's1')
  const latch = Promise.withResolvers<void>()
  const hasRead = Promise.withResolvers<void>()
  const slow: Database = {
    ...database,
    write: (write) => database.write(write),
    async read(statement) {
      const rows = await database.read(statement)
      hasRead.resolve()
      await latch.promise
      return rows
    },
  }
  const credentials = createCredentials({ database: slow, now: () => 0 })
  const found = credentials.identifyToken(tokenOf(1))
  await hasRead.promise
  const end = credentials.invalidating({ sql: 'delete from galley_logins returning id', parameters: [] })
  await database.write(() => runAll(end))
  latch.resolve()
  await found
  await expect(Promise.resolve(credentials.identifyToken(tokenOf(1)))).rejects.toMatchObject({ code: 'unauthorized' })
})

test('a credential that another process revoked is refused within a second', async () => {
  const world = await createWorld()
  const other = await world.restart()
  const { token } = await world.signUp()
  expect((await other.ask('GET /me', { bearer: token })).status).toBe(200)
  await world.ask('POST /sign-out', { bearer: token })
  other.pass(999)
  expect((await other.ask('GET /me', { bearer: token })).status).toBe(401)
})

/** Waits for the writes of last use. */
const settled = ({ auth }: World) => auth.cleanUp(new Background())

test('a session ends 30 days after it was last used', async () => {
  const world = await createWorld()
  const { ask, pass } = world
  const { token } = await world.signUp()
  pass(29 * dayMs)
  expect((await ask('GET /me', { bearer: token })).status).toBe(200)
  await settled(world)
  pass(30 * dayMs - 1)
  expect((await ask('GET /me', { bearer: token })).status).toBe(200)
  await settled(world)
  pass(30 * dayMs)
  expect((await ask('GET /me', { bearer: token })).status).toBe(401)
})

test('a session ends after 180 days, however much it is used', async () => {
  const world = await createWorld()
  const { ask, pass } = world
  const { token } = await world.signUp()
  const statuses: number[] = []
  for (let day = 20; day <= 180; day += 20) {
    await settled(world)
    pass(20 * dayMs)
    statuses.push((await ask('GET /me', { bearer: token })).status)
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 401])
})

test('that a session is used is written down once an hour, a key once a minute', async () => {
  const world = await createWorld()
  const { token } = await world.signUp()
  const { secret } = await makeKey(world, token)
  const seen = async () => {
    await Promise.resolve(world.auth.identities.identifyToken(token))
    await Promise.resolve(world.auth.identities.identifyToken(secret))
    await settled(world)
    const [row] = await world.rows('select lastSeenAt from galley_logins')
    const [key] = await world.rows('select lastUsedAt from galley_keys')
    return [row?.lastSeenAt, key?.lastUsedAt]
  }
  const start = Date.parse('2026-11-21T08:00:00Z')
  expect(await seen()).toEqual([start, start])
  world.pass(59_999)
  expect(await seen()).toEqual([start, start])
  world.pass(1000)
  expect(await seen()).toEqual([start, start + 60_999])
  world.pass(hourMs - 60_999)
  expect(await seen()).toEqual([start + hourMs, start + hourMs])
})

test('a key that has expired is refused at once, and listed for its owner', async () => {
  const world = await createWorld()
  const { token } = await world.signUp()
  const { secret } = await makeKey(world, token, '2026-11-21T08:00:01Z')
  expect(await world.auth.identities.identifyToken(secret)).toMatchObject({ credential: 'key' })
  world.pass(500)
  expect(world.auth.identities.identifyToken(secret)).toMatchObject({ credential: 'key' })
  world.pass(500)
  expect(() => world.auth.identities.identifyToken(secret)).toThrow(expect.objectContaining({ code: 'unauthorized' }))
  expect((await world.ask('GET /keys', { bearer: token })).body.data).toHaveLength(1)
})

test('listeners are called once for each end, until they are removed', async () => {
  const { auth, ask, signUp } = await createWorld()
  const { token, session, email } = await signUp()
  const heard: string[] = []
  const stop = auth.identities.onRevoke((id) => heard.push(id))
  await ask('POST /sign-out', { bearer: token })
  expect(heard).toEqual([session])
  stop()
  const again = await ask('POST /sign-in', { body: { email, password, token: true } })
  await ask('POST /sign-out', { bearer: again.body.data.token })
  expect(heard).toEqual([session])
})
