import { expect, test } from 'vitest'
import { cookieIn, createWorld, type Person, password, type World } from './world.ts'

const change = ({ ask }: World, by: Person, id: string, body: object) =>
  ask(`PATCH /api/admin/users/${id}`, { bearer: by.token, body })

test('the code of the start makes the first administrator, once', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  expect((await world.ask('GET /me', { bearer: chief.token })).body.data).toMatchObject({ role: 'admin' })
  await expect(world.admin()).rejects.toThrow('code')
  expect(await world.auth.start()).toBeNull()
  expect(await world.rows('select 1 from galley_resets')).toEqual([])
  expect(await world.rows("select detail from galley_audit where action = 'account.created'")).toMatchObject([
    { detail: '{"role":"admin"}' },
  ])
})

test('of many at once with the code one becomes the administrator', async () => {
  const world = await createWorld()
  const all = await Promise.allSettled([world.admin(), world.admin(), world.admin()])
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await world.rows('select role from galley_users')).toMatchObject([{ role: 'admin' }])
})

test('without the code or with a wrong one, the first account is no administrator', async () => {
  const { ask, signUp, rows } = await createWorld()
  const first = await signUp()
  expect((await ask('GET /me', { bearer: first.token })).body.data.role).toBe('user')
  const body = { email: 'b@example.com', password, code: `gla_${'A'.repeat(43)}` }
  const refused = await ask('POST /sign-up', { body })
  expect([refused.status, refused.body.details[0].field]).toEqual([400, 'code'])
  expect(await rows('select role from galley_users')).toMatchObject([{ role: 'user' }])
})

test('the codes of the last starts are good until there is an administrator; then none is', async () => {
  const world = await createWorld()
  const codes: (string | null)[] = []
  for (let n = 0; n < 20; n += 1) {
    world.pass(1)
    codes.push(await world.auth.start())
  }
  expect(await world.rows('select 1 from galley_resets')).toHaveLength(16)
  await expect(world.signUp(undefined, codes[0] ?? '')).rejects.toThrow('code')
  await world.signUp(undefined, codes[10] ?? '')
  await expect(world.signUp(undefined, codes[19] ?? '')).rejects.toThrow('code')
})

test('users are listed page by page', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  const people = [chief, await world.signUp(), await world.signUp(), await world.signUp(), await world.signUp()]
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const page = await world.ask(`GET /api/admin/users?limit=2${cursor}`, { bearer: chief.token })
    expect(page.status).toBe(200)
    seen.push(...page.body.data.map(({ email }: Person) => email))
    expect(JSON.stringify(page.body)).not.toContain('scrypt')
    if (page.body.next === null) break
    cursor = `&cursor=${page.body.next}`
  }
  expect(seen.toSorted()).toEqual(people.map(({ email }) => email).toSorted())
  const one = await world.ask(`GET /api/admin/users/${chief.id}`, { bearer: chief.token })
  expect(one.body.data).toEqual({
    id: chief.id,
    email: chief.email,
    role: 'admin',
    createdAt: '2026-11-21T08:00:00.000Z',
    disabledAt: null,
    verifiedAt: null,
  })
})

test.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=nonsense', 'limit=1&limit=2', 'sort=email', 'actor=x'])(
  'a list with ?%s is refused',
  async (query) => {
    const world = await createWorld()
    const chief = await world.admin()
    const response = await world.ask(`GET /api/admin/audit?${query}`, { bearer: chief.token })
    expect([response.status, response.body.code]).toEqual([400, 'validation_failed'])
  },
)

test('a cursor of one list is invalid for the other', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  await world.signUp()
  const { next } = (await world.ask('GET /api/admin/users?limit=1', { bearer: chief.token })).body
  expect((await world.ask(`GET /api/admin/audit?cursor=${next}`, { bearer: chief.token })).status).toBe(400)
})

test('a new role takes effect at once, and live connections reconnect', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  const ann = await world.signUp()
  const key = (await world.ask('POST /keys', { bearer: ann.token, body: { name: 'k', scopes: ['*'] } })).body.data
  await world.ask('GET /me', { bearer: ann.token })
  const heard: string[] = []
  world.auth.identities.onRevoke((id) => heard.push(id))
  const response = await change(world, chief, ann.id, { role: 'editor' })
  expect([response.status, response.body.data]).toEqual([200, expect.objectContaining({ id: ann.id, role: 'editor' })])
  expect(new Set(heard)).toEqual(new Set([ann.session, key.id]))
  expect(heard).toHaveLength(2)
  expect(await world.auth.identities.identifyToken(ann.token)).toMatchObject({ role: 'editor' })
  expect(await world.auth.identities.identifyToken(key.secret)).toMatchObject({ role: 'editor' })
})

test('setting the current role again changes nothing and is not in the audit log', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  const ann = await world.signUp()
  const heard: string[] = []
  world.auth.identities.onRevoke((id) => heard.push(id))
  expect((await change(world, chief, ann.id, { role: 'user', disabled: false })).status).toBe(200)
  expect(heard).toEqual([])
  expect(await world.rows("select 1 from galley_audit where action in ('role.changed', 'account.enabled')")).toEqual([])
})

test('a disabled user has no session and no key any more', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  const ann = await world.signUp()
  const key = (await world.ask('POST /keys', { bearer: ann.token, body: { name: 'k', scopes: ['*'] } })).body.data
  for (const bearer of [ann.token, key.secret]) await world.ask('GET /me', { bearer })
  const disabled = await change(world, chief, ann.id, { disabled: true })
  expect(disabled.body.data.disabledAt).toBe('2026-11-21T08:00:00.000Z')
  for (const bearer of [ann.token, key.secret]) expect((await world.ask('GET /me', { bearer })).status).toBe(401)
  const signIn = () => world.ask('POST /sign-in', { body: { email: ann.email, password } })
  expect((await signIn()).status).toBe(401)
  expect((await change(world, chief, ann.id, { disabled: false })).body.data.disabledAt).toBeNull()
  for (const bearer of [ann.token, key.secret]) expect((await world.ask('GET /me', { bearer })).status).toBe(401)
  expect((await signIn()).status).toBe(200)
})

test('an administrator ends all sessions of a user', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  const ann = await world.signUp()
  const other = await world.ask('POST /sign-in', { body: { email: ann.email, password } })
  const line = `DELETE /api/admin/users/${ann.id}/sessions`
  expect((await world.ask(line, { bearer: chief.token })).status).toBe(204)
  for (const bearer of [ann.token, cookieIn(other)]) expect((await world.ask('GET /me', { bearer })).status).toBe(401)
  expect(await world.rows("select actor, subject from galley_audit where action = 'sessions.ended'")).toMatchObject([
    { actor: chief.id, subject: ann.id },
  ])
})

test.each([{ role: 'user' }, { disabled: true }, { role: 'editor', disabled: true }])(
  'the last administrator does not leave by %j',
  async (body) => {
    const world = await createWorld()
    const chief = await world.admin()
    await world.signUp()
    const response = await change(world, chief, chief.id, body)
    expect([response.status, response.body.error]).toEqual([
      409,
      'This is the last administrator. Create another one first.',
    ])
    expect((await world.ask('GET /me', { bearer: chief.token })).body.data).toMatchObject({
      role: 'admin',
      disabledAt: null,
      verifiedAt: null,
    })
    expect((await world.ask('DELETE /me', { bearer: chief.token, body: { password } })).status).toBe(409)
    expect((await world.ask('GET /me', { bearer: chief.token })).status).toBe(200)
  },
)

test('a disabled administrator does not count as another one', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  const ann = await world.signUp()
  await change(world, chief, ann.id, { role: 'admin' })
  await change(world, chief, ann.id, { disabled: true })
  expect((await change(world, chief, chief.id, { role: 'user' })).status).toBe(409)
  expect((await change(world, chief, ann.id, { role: 'user' })).status).toBe(200)
})

test.each([
  ['demote each other', { role: 'user' }],
  ['disable each other', { disabled: true }],
])('of two administrators that %s at once, one stays', async (_, body) => {
  const world = await createWorld()
  const [chief, ann] = [await world.admin(), await world.signUp()]
  await change(world, chief, ann.id, { role: 'admin' })
  const responses = await Promise.all([change(world, chief, ann.id, body), change(world, ann, chief.id, body)])
  expect(responses[0]?.status).toBe(200)
  expect([401, 403, 409]).toContain(responses[1]?.status)
  expect(await world.rows("select 1 from galley_users where role = 'admin' and disabledAt is null")).toHaveLength(1)
})

test('of two administrators that step down at once, one stays', async () => {
  const world = await createWorld()
  const [chief, ann] = [await world.admin(), await world.signUp()]
  await change(world, chief, ann.id, { role: 'admin' })
  const responses = await Promise.all([
    change(world, chief, chief.id, { role: 'user' }),
    world.ask('DELETE /me', { bearer: ann.token, body: { password } }),
  ])
  expect(responses.map(({ status }) => status)).toContain(409)
  expect(await world.rows("select 1 from galley_users where role = 'admin'")).toHaveLength(1)
})

test('an administrator demoted by another process changes nothing, even while cached here', async () => {
  const world = await createWorld()
  const other = await world.restart()
  const [chief, ann] = [await world.admin(), await world.signUp()]
  await change(world, chief, ann.id, { role: 'admin' })
  expect((await other.ask('GET /api/admin/users', { bearer: ann.token })).status).toBe(200)
  await change(world, chief, ann.id, { role: 'user' })
  expect((await change(other, ann, ann.id, { role: 'admin' })).status).toBe(403)
  expect((await other.ask(`DELETE /api/admin/users/${chief.id}/sessions`, { bearer: ann.token })).status).toBe(403)
})

test.each([
  ['nothing', {}],
  ['a role with a space', { role: 'a b' }],
  ['an upper-case role', { role: 'Admin' }],
  ['another address', { role: 'user', email: 'x@example.com' }],
  ['an unknown state', { disabled: 'yes' }],
])('a change of a user to %s is refused', async (_, body) => {
  const world = await createWorld()
  const chief = await world.admin()
  expect((await change(world, chief, chief.id, body)).status).toBe(400)
})

const lines = [
  'GET /api/admin/users',
  'GET /api/admin/users/x',
  'PATCH /api/admin/users/x',
  'DELETE /api/admin/users/x/sessions',
  'GET /api/admin/audit',
]

test.each(lines)('%s is for administrators', async (line) => {
  const world = await createWorld()
  const chief = await world.admin()
  const ann = await world.signUp()
  const body = line.startsWith('PATCH') ? { role: 'editor' } : undefined
  const keyOf = async ({ token }: Person, scopes: string[]) =>
    (await world.ask('POST /keys', { bearer: token, body: { name: 'k', scopes } })).body.data.secret
  const status = async (bearer?: string) =>
    (await world.ask(line, { body, ...(bearer !== undefined && { bearer }) })).status
  expect(await status()).toBe(401)
  expect(await status(ann.token)).toBe(403)
  expect(await status(await keyOf(ann, ['*']))).toBe(403)
  expect(await status(await keyOf(chief, ['todos:read']))).toBe(403)
  const right = line.startsWith('GET') ? 'read' : 'write'
  expect(await status(await keyOf(chief, [`admin:${right === 'read' ? 'write' : 'read'}`]))).toBe(403)
  const expected = line.includes('/x') ? 404 : 200
  expect(await status(await keyOf(chief, [`admin:${right}`]))).toBe(expected)
  expect(await status(chief.token)).toBe(expected)
})

test('the audit log is read newest first, in pages, by target and by actor', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  const ann = await world.signUp()
  await change(world, chief, ann.id, { role: 'editor' })
  await change(world, chief, ann.id, { disabled: true })
  const read = async (query: string) => (await world.ask(`GET /api/admin/audit?${query}`, { bearer: chief.token })).body
  const all = await read('')
  const names = (page: { data: { action: string }[] }) => page.data.map(({ action }) => action)
  expect(names(all)).toEqual([
    'account.disabled',
    'role.changed',
    'session.created',
    'account.created',
    'session.created',
    'account.created',
  ])
  expect(all.data[1]).toEqual({
    id: expect.stringMatching(/^\w{26}$/),
    at: '2026-11-21T08:00:00.000Z',
    actor: chief.id,
    action: 'role.changed',
    subject: ann.id,
    address: '192.0.2.1',
    detail: { from: 'user', to: 'editor' },
  })
  const first = await read('limit=4')
  expect([...first.data, ...(await read(`limit=4&cursor=${first.next}`)).data]).toEqual(all.data)
  expect(names(await read(`subject=${chief.id}`))).toEqual(['session.created', 'account.created'])
  expect(names(await read(`actor=${chief.id}&subject=${ann.id}`))).toEqual(['account.disabled', 'role.changed'])
})

test('an Idempotency-Key changes a user once', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  const ann = await world.signUp()
  const send = () =>
    world.ask(`PATCH /api/admin/users/${ann.id}`, {
      bearer: chief.token,
      body: { role: 'editor' },
      headers: { 'Idempotency-Key': 'k' },
    })
  const [first, second] = [await send(), await send()]
  expect(second.body).toEqual(first.body)
  expect(await world.rows("select 1 from galley_audit where action = 'role.changed'")).toHaveLength(1)
})
