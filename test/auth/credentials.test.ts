import { expect, test } from 'vitest'
import { cookieIn, createWorld, password } from './world.ts'

test('a user sees the own sessions, the newest first, and which of them is this one', async () => {
  const { ask, signUp, pass } = await createWorld()
  const { email, token, session } = await signUp()
  await signUp()
  pass(1000)
  const agent = { 'User-Agent': 'x'.repeat(500) }
  const other = await ask('POST /sign-in', { body: { email, password }, address: '203.0.113.9', headers: agent })
  const list = await ask('GET /sessions', { bearer: token })
  expect(list.body.data).toEqual([
    {
      id: other.body.data.session.id,
      createdAt: '2026-11-21T08:00:01.000Z',
      lastSeenAt: '2026-11-21T08:00:01.000Z',
      expiresAt: '2026-12-21T08:00:01.000Z',
      address: '203.0.113.9',
      agent: 'x'.repeat(200),
      current: false,
    },
    expect.objectContaining({ id: session, current: true }),
  ])
  expect(JSON.stringify(list.body)).not.toContain(token)
})

test('a session that is ended is refused at once, on every way to show it', async () => {
  const { ask, signUp, auth } = await createWorld()
  const { email, token } = await signUp()
  const other = await ask('POST /sign-in', { body: { email, password } })
  const { id } = other.body.data.session
  expect((await ask('GET /me', { cookie: cookieIn(other) })).status).toBe(200)
  const heard: string[] = []
  auth.identities.onRevoke((each) => heard.push(each))
  expect((await ask(`DELETE /sessions/${id}`, { bearer: token })).status).toBe(204)
  expect(heard).toEqual([id])
  expect((await ask('GET /me', { cookie: cookieIn(other) })).status).toBe(401)
  expect((await ask('GET /me', { bearer: cookieIn(other) })).status).toBe(401)
  expect((await ask('GET /me', { bearer: token })).status).toBe(200)
  expect((await ask(`DELETE /sessions/${id}`, { bearer: token })).status).toBe(404)
})

test('all other sessions end at once, and no key does', async () => {
  const { ask, signUp, rows } = await createWorld()
  const { id, email, token } = await signUp()
  const others = [
    await ask('POST /sign-in', { body: { email, password } }),
    await ask('POST /sign-in', { body: { email, password } }),
  ]
  const key = await ask('POST /keys', { bearer: token, body: { name: 'k', scopes: ['todos:read'] } })
  for (const each of others) await ask('GET /me', { cookie: cookieIn(each) })
  expect((await ask('DELETE /sessions', { bearer: token })).status).toBe(204)
  for (const each of others) expect((await ask('GET /me', { cookie: cookieIn(each) })).status).toBe(401)
  for (const bearer of [token, key.body.data.secret]) expect((await ask('GET /me', { bearer })).status).toBe(200)
  expect(await rows("select actor from galley_audit where action = 'sessions.ended'")).toMatchObject([{ actor: id }])
})

test("a user can't end another user's session or key", async () => {
  const { ask, signUp, rows } = await createWorld()
  const [ann, bob] = [await signUp(), await signUp()]
  const key = await ask('POST /keys', { bearer: ann.token, body: { name: 'k', scopes: ['todos:read'] } })
  expect((await ask(`DELETE /sessions/${ann.session}`, { bearer: bob.token })).status).toBe(404)
  expect((await ask(`DELETE /keys/${key.body.data.id}`, { bearer: bob.token })).status).toBe(404)
  expect((await ask('GET /me', { bearer: ann.token })).status).toBe(200)
  expect((await ask('GET /keys', { bearer: bob.token })).body.data).toEqual([])
  expect(await rows("select 1 from galley_audit where action in ('session.ended', 'key.revoked')")).toEqual([])
})

test('a repeat with the same Idempotency-Key ends a session once and is answered the same', async () => {
  const { ask, signUp, rows } = await createWorld()
  const { email, token } = await signUp()
  const other = await ask('POST /sign-in', { body: { email, password } })
  const line = `DELETE /sessions/${other.body.data.session.id}`
  const headers = { 'Idempotency-Key': 'once' }
  const [first, second] = [await ask(line, { bearer: token, headers }), await ask(line, { bearer: token, headers })]
  expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([204, 204, 'true'])
  expect(await rows("select 1 from galley_audit where action = 'session.ended'")).toHaveLength(1)
})

test('the secret of a key is shown once', async () => {
  const { ask, signUp, rows } = await createWorld()
  const { id, token } = await signUp()
  const body = { name: ' backup robot ', scopes: ['todos:read', 'todos:write'], expiresAt: '2027-01-01T00:00:00Z' }
  const made = await ask('POST /keys', { bearer: token, body })
  expect(made.status).toBe(201)
  const key = {
    id: expect.stringMatching(/^\w{26}$/),
    name: 'backup robot',
    scopes: ['todos:read', 'todos:write'],
    createdAt: '2026-11-21T08:00:00.000Z',
    expiresAt: '2027-01-01T00:00:00.000Z',
    lastUsedAt: null,
  }
  expect(made.body.data).toEqual({ ...key, secret: expect.stringMatching(/^glk_[\w-]{43}$/) })
  expect(made.headers.get('cache-control')).toBe('no-store')
  const list = await ask('GET /keys', { bearer: token })
  expect(list.body.data).toEqual([key])
  const [entry] = await rows("select actor, detail from galley_audit where action = 'key.created'")
  expect(entry?.actor).toBe(id)
  expect(String(entry?.detail)).toContain('backup robot')
  expect(String(entry?.detail)).not.toContain('glk_')
})

test('a revoked key is refused at once', async () => {
  const { ask, signUp } = await createWorld()
  const { token } = await signUp()
  const key = (await ask('POST /keys', { bearer: token, body: { name: 'k', scopes: ['todos:read'] } })).body.data
  expect((await ask('GET /me', { bearer: key.secret })).body.data.credential).toMatchObject({
    kind: 'key',
    scopes: ['todos:read'],
  })
  expect((await ask(`DELETE /keys/${key.id}`, { bearer: token })).status).toBe(204)
  expect((await ask('GET /me', { bearer: key.secret })).status).toBe(401)
  expect((await ask(`DELETE /keys/${key.id}`, { bearer: token })).status).toBe(404)
})

test.each([
  ['no name', { scopes: ['todos:read'] }, 'name'],
  ['a blank name', { name: ' ', scopes: ['todos:read'] }, 'name'],
  ['no scopes', { name: 'k', scopes: [] }, 'scopes'],
  ['an invalid scope', { name: 'k', scopes: ['todos:eat'] }, 'scopes.0'],
  ['too many scopes', { name: 'k', scopes: Array.from({ length: 51 }, () => '*') }, 'scopes'],
  ['an end that is past', { name: 'k', scopes: ['*'], expiresAt: '2026-11-21T08:00:00Z' }, 'expiresAt'],
  ['an end that is no time', { name: 'k', scopes: ['*'], expiresAt: 'soon' }, 'expiresAt'],
])('a key with %s is refused', async (_, body, field) => {
  const { ask, signUp, rows } = await createWorld()
  const { token } = await signUp()
  const response = await ask('POST /keys', { bearer: token, body })
  expect([response.status, response.body.details[0].field]).toEqual([400, field])
  expect(await rows('select 1 from galley_keys')).toEqual([])
})

test('a user has 100 keys at most, also when many are made at once', async () => {
  const { ask, signUp } = await createWorld()
  const { token } = await signUp()
  const make = () => ask('POST /keys', { bearer: token, body: { name: 'k', scopes: ['*'] } })
  const responses = await Promise.all(Array.from({ length: 105 }, make))
  expect(responses.filter(({ status }) => status === 201)).toHaveLength(100)
  expect(responses.filter(({ status }) => status === 409)).toHaveLength(5)
})

test("an API key can't change who has access", async () => {
  const { ask, signUp } = await createWorld()
  const { token, session } = await signUp()
  const bearer = (await ask('POST /keys', { bearer: token, body: { name: 'k', scopes: ['*'] } })).body.data.secret
  const lines = [
    'GET /sessions',
    'DELETE /sessions',
    `DELETE /sessions/${session}`,
    'GET /keys',
    'POST /keys',
    'DELETE /keys/x',
    'POST /password',
    'DELETE /me',
    'POST /sign-out',
  ]
  for (const line of lines) {
    expect([line, (await ask(line, { bearer, body: line.startsWith('GET') ? undefined : {} })).status]).toEqual([
      line,
      403,
    ])
  }
})

test.each([
  'GET /me',
  'DELETE /me',
  'GET /sessions',
  'DELETE /sessions',
  'DELETE /sessions/x',
  'GET /keys',
  'POST /keys',
  'DELETE /keys/x',
  'POST /password',
])('%s requires a signed-in session', async (line) => {
  const { ask } = await createWorld()
  const response = await ask(line, { body: line.startsWith('GET') ? undefined : {} })
  expect([response.status, response.body.code]).toEqual([401, 'unauthorized'])
})

test('a session ended by another process creates no key, even while cached here', async () => {
  const world = await createWorld()
  const other = await world.restart()
  const { token, session } = await world.signUp()
  expect((await other.ask('GET /me', { bearer: token })).status).toBe(200)
  await world.ask(`DELETE /sessions/${session}`, { bearer: token })
  const made = await other.ask('POST /keys', { bearer: token, body: { name: 'k', scopes: ['*'] } })
  expect(made.status).toBe(401)
  expect(await world.rows('select 1 from galley_keys')).toEqual([])
})
