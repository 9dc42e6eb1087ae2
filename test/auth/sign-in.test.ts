import { expect, test } from 'vitest'
import { cheap } from '../harness/passwords.ts'
import { cookieIn, countedPasswords, createWorld, home, password, statusesOf } from './world.ts'

const attributes = '; Max-Age=15552000; Path=/; Secure; HttpOnly; SameSite=Lax'

test('a sign-up sets a cookie that no script, no other host and no plain connection sees', async () => {
  const { ask } = await createWorld()
  const response = await ask('POST /sign-up', { body: { email: ' Ann@Example.COM ', password } })
  expect(response.status).toBe(201)
  expect(response.body.data).toEqual({
    user: {
      id: expect.stringMatching(/^\w{26}$/),
      email: 'ann@example.com',
      role: 'user',
      createdAt: '2026-11-21T08:00:00.000Z',
      disabledAt: null,
      verifiedAt: null,
    },
    session: { id: expect.stringMatching(/^\w{26}$/), expiresAt: '2026-12-21T08:00:00.000Z' },
  })
  expect(response.headers.get('set-cookie')).toBe(`__Host-galley=${cookieIn(response)}${attributes}`)
  expect(response.headers.get('cache-control')).toBe('no-store')
  const me = await ask('GET /me', { cookie: cookieIn(response) })
  expect(me.body.data).toMatchObject({ email: 'ann@example.com', credential: { kind: 'session', scopes: null } })
})

test('a machine gets its token in the response, and no cookie', async () => {
  const { ask } = await createWorld()
  await ask('POST /sign-up', { body: { email: 'a@example.com', password } })
  const response = await ask('POST /sign-in', { body: { email: 'a@example.com', password, token: true } })
  expect(response.status).toBe(200)
  expect(response.headers.get('set-cookie')).toBeNull()
  expect(response.body.data.token).toMatch(/^gls_[\w-]{43}$/)
  expect((await ask('GET /me', { bearer: response.body.data.token })).status).toBe(200)
})

test('an address has one account, however it is written, and of many at once one is made', async () => {
  const { ask, rows } = await createWorld()
  const written = ['a@example.com', 'A@example.com', ' a@EXAMPLE.com', 'a@example.com ']
  const responses = await Promise.all(written.map((email) => ask('POST /sign-up', { body: { email, password } })))
  expect(statusesOf(responses)).toEqual([201, 409, 409, 409])
  const refused = responses.find(({ status }) => status === 409)
  expect(refused?.body.details).toEqual([{ field: 'email', code: 'not_unique', message: 'is taken' }])
  expect(await rows('select email from galley_users')).toMatchObject([{ email: 'a@example.com' }])
  expect(await rows('select 1 from galley_logins')).toHaveLength(1)
  expect(await rows('select 1 from galley_audit')).toHaveLength(2)
})

test.each([
  ['an address without a host', { email: 'ann', password }, 'email'],
  ['an address with a line break', { email: 'a@example.com\r\nBcc: b@example.com', password }, 'email'],
  ['an address that is too long', { email: `${'a'.repeat(250)}@example.com`, password }, 'email'],
  ['no password', { email: 'a@example.com' }, 'password'],
  ['7 characters', { email: 'a@example.com', password: 'k3y-b0x' }, 'password'],
  ['7 characters in 14 units', { email: 'a@example.com', password: '🚢🧀🎈🐙🌵🍋🪁' }, 'password'],
  ['129 characters', { email: 'a@example.com', password: 'correct-horse-'.repeat(10).slice(0, 129) }, 'password'],
  ['a common password', { email: 'a@example.com', password: 'Password' }, 'password'],
  ['a common password with signs around', { email: 'a@example.com', password: '1sunshine!!' }, 'password'],
  ['a common password in full width', { email: 'a@example.com', password: 'ｐａｓｓｗｏｒｄ' }, 'password'],
  ['one character again and again', { email: 'a@example.com', password: 'zzzzzzzzzzzz' }, 'password'],
  ['a date', { email: 'a@example.com', password: '24121987' }, 'password'],
  ['a sequence', { email: 'a@example.com', password: 'hgfedcba' }, 'password'],
  ['the address itself', { email: 'someone@example.com', password: 'Someone@example.com' }, 'password'],
  ['the name in the address', { email: 'annabelle.smith@example.com', password: 'annabelle.smith1' }, 'password'],
  ['half a character', { email: 'a@example.com', password: 'correct horse \ud800' }, 'password'],
  ['a NUL', { email: 'a@example.com', password: 'correct\0horse' }, 'password'],
  ['an unknown field', { email: 'a@example.com', password, role: 'admin' }, 'role'],
])('%s is refused when signing up', async (_, body, field) => {
  const { ask, rows, work } = await createWorld()
  const response = await ask('POST /sign-up', { body })
  expect([response.status, response.body.details?.[0].field]).toEqual([400, field])
  expect(work()).toBe(0)
  expect(await rows('select 1 from galley_users')).toEqual([])
})

test.each([8, 128])('a password may have %i characters', async (length) => {
  const { ask } = await createWorld()
  const response = await ask('POST /sign-up', {
    body: { email: 'a@example.com', password: 'löng-pass-wörd-'.repeat(9).slice(0, length) },
  })
  expect(response.status).toBe(201)
})

test('a password is the same however its characters are composed', async () => {
  const { ask } = await createWorld()
  await ask('POST /sign-up', { body: { email: 'a@example.com', password: 'Zu\u0308rich-am-See' } })
  const response = await ask('POST /sign-in', { body: { email: 'a@example.com', password: 'Z\u00fcrich-am-See' } })
  expect(response.status).toBe(200)
})

test('unknown, known and disabled accounts are refused by the same words after the same work', async () => {
  const { ask, admin, signUp, work } = await createWorld()
  const chief = await admin()
  const disabled = await signUp('off@example.com')
  await signUp('on@example.com')
  await ask(`PATCH /api/admin/users/${disabled.id}`, { bearer: chief.token, body: { disabled: true } })
  const tries = [
    { email: 'nobody@example.com', password },
    { email: 'on@example.com', password: 'something else' },
    { email: 'off@example.com', password: 'something else' },
    { email: 'off@example.com', password },
    { email: 'on@example.com', password: 'short' },
    { email: 'on@example.com', password: 'x'.repeat(500) },
  ]
  for (const [index, body] of tries.entries()) {
    const before = work()
    const response = await ask('POST /sign-in', { body, address: `198.51.100.${index}` })
    expect(work() - before).toBe(1)
    expect([response.status, response.body.error]).toEqual([401, 'The email address or the password is wrong.'])
    expect(response.headers.get('set-cookie')).toBeNull()
  }
})

test('each sign-in has a session and a token of its own, whatever the request shows', async () => {
  const { ask, signUp } = await createWorld()
  const { email } = await signUp()
  const planted = `gls_${'A'.repeat(43)}`
  const first = await ask('POST /sign-in', { body: { email, password }, cookie: planted })
  const second = await ask('POST /sign-in', { body: { email, password }, cookie: cookieIn(first) })
  expect([first.status, second.status]).toEqual([200, 200])
  expect(new Set([planted, cookieIn(first), cookieIn(second)]).size).toBe(3)
  expect((await ask('GET /me', { cookie: planted })).status).toBe(401)
  expect((await ask('GET /me', { cookie: cookieIn(second) })).status).toBe(200)
})

test.each(['http://app.example', 'http://192.0.2.7:3000'])(
  'on the plain connection of %s no cookie is set, but a token given',
  async (origin) => {
    const { ask, signUp, work } = await createWorld()
    const { email } = await signUp()
    const before = work()
    const refused = await ask('POST /sign-in', { body: { email, password }, origin })
    expect([refused.status, refused.body.code]).toEqual([400, 'bad_request'])
    expect(refused.body.error).toMatch(/Use HTTPS .* or request a token/)
    expect(work()).toBe(before)
    const up = await ask('POST /sign-up', { body: { email: 'b@example.com', password }, origin })
    expect(up.status).toBe(400)
    expect((await ask('POST /sign-in', { body: { email, password, token: true }, origin })).status).toBe(200)
  },
)

test.each([
  ['http://localhost:3000', '-3000'],
  ['http://127.0.0.1:3000', '-3000'],
  ['http://[::1]:3000', '-3000'],
  ['http://[::1]', ''],
  ['http://localhost', ''],
  ['https://app.example:8443', '-8443'],
])('at %s the name of the cookie ends in "%s"', async (origin, port) => {
  const { ask } = await createWorld()
  const response = await ask('POST /sign-up', { body: { email: 'a@example.com', password }, origin })
  expect(response.headers.get('set-cookie')).toMatch(new RegExp(`^__Host-galley${port}=gls_.{43}${attributes}$`))
})

test('servers on several ports of one host do not end the sign-ins of each other', async () => {
  const origins = ['http://localhost:3000', 'http://localhost:4000', 'https://localhost:4443', 'https://localhost']
  const servers = await Promise.all(
    origins.map(async (origin) => ({
      origin,
      email: `port${new URL(origin).port}@example.com`,
      ...(await createWorld()),
    })),
  )
  // The cookies of the one browser, which sends all of them to every port.
  const jar = new Map<string, string>()
  const asking = async ({ ask, origin }: (typeof servers)[number], line: string, body?: unknown) => {
    const headers = { Cookie: [...jar].map((pair) => pair.join('=')).join('; ') }
    const response = await ask(line, { origin, body, headers })
    const [, name, value] = /^([^=]*)=([^;]*)/.exec(response.headers.get('set-cookie') ?? '') ?? []
    if (value === '') jar.delete(name ?? '')
    else if (name !== undefined) jar.set(name, value ?? '')
    return response
  }
  for (const server of servers) await asking(server, 'POST /sign-up', { email: server.email, password })
  for (const server of servers)
    expect((await asking(server, 'GET /me')).body.data, server.origin).toMatchObject({ email: server.email })
  for (const server of servers) {
    await asking(server, 'POST /sign-out')
    expect((await asking(server, 'GET /me')).status).toBe(401)
  }
  expect(jar.size).toBe(0)
})

test('a sign-out voids the token and deletes the cookie', async () => {
  const { ask, signUp, rows } = await createWorld()
  const { token, id, session } = await signUp()
  const revoked = await ask('POST /sign-out', { cookie: token })
  expect([revoked.status, revoked.body]).toEqual([204, null])
  expect(revoked.headers.get('set-cookie')).toBe('__Host-galley=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax')
  expect((await ask('GET /me', { cookie: token })).status).toBe(401)
  expect((await ask('GET /me', { bearer: token })).status).toBe(401)
  expect((await ask('POST /sign-out', { cookie: token })).status).toBe(204)
  expect(await rows("select actor, subject, detail from galley_audit where action = 'session.ended'")).toMatchObject([
    { actor: id, subject: id, detail: JSON.stringify({ session }) },
  ])
})

test('an anonymous client gets 401', async () => {
  const { ask } = await createWorld()
  const response = await ask('GET /me')
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
})

test.each(['POST /sign-up', 'POST /sign-in', 'POST /reset', 'POST /reset/confirm'])(
  '%s takes no Idempotency-Key',
  async (line) => {
    const { ask, rows } = await createWorld()
    const body = { email: 'a@example.com', password, token: true }
    const response = await ask(line, { body, headers: { 'Idempotency-Key': 'k' } })
    expect([response.status, response.body.code]).toEqual([400, 'bad_request'])
    expect(await rows('select 1 from galley_idempotency')).toEqual([])
  },
)

test('no token and no password is stored as it is', async () => {
  const { ask, admin, rows, mail, nextMail } = await createWorld()
  const { token, email } = await admin()
  const key = await ask('POST /keys', { bearer: token, body: { name: 'k', scopes: ['*'] } })
  const arrival = nextMail()
  await ask('POST /reset', { body: { email } })
  await arrival
  const secrets = [token, key.body.data.secret, /glr_[\w-]+/.exec(mail[0]?.text ?? '')?.[0] ?? '', password]
  expect(secrets.map((secret) => secret.length > 20)).toEqual([true, true, true, true])
  const tables = await rows("select name from sqlite_schema where type = 'table' and name like 'galley_%'")
  for (const { name } of tables) {
    const stored = JSON.stringify(await rows(`select * from ${name}`))
    for (const secret of secrets) expect(stored).not.toContain(secret)
  }
})

test('a password that was hashed with other parameters is hashed anew when it is next shown', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const stronger = countedPasswords({ ...cheap, ln: 5 })
  const later = await world.restart(stronger.passwords)
  const signIn = () => later.ask('POST /sign-in', { body: { email, password } })
  expect((await signIn()).status).toBe(200)
  expect(await world.rows('select substr(password, 1, 13) as start from galley_users')).toMatchObject([
    { start: '$scrypt$ln=5,' },
  ])
  const before = stronger.count()
  expect((await signIn()).status).toBe(200)
  expect(stronger.count() - before).toBe(1)
})

test('a user has 100 sessions at most: the one that was not seen for longest ends', async () => {
  const { ask, signUp, rows, pass, auth } = await createWorld()
  const { email, token, session } = await signUp()
  const ended: string[] = []
  auth.identities.onRevoke((id) => ended.push(id))
  for (let n = 0; n < 100; n += 1) {
    pass(1)
    await ask('POST /sign-in', { body: { email, password } })
  }
  expect(await rows('select count(*) as n from galley_logins')).toMatchObject([{ n: 100 }])
  expect(ended).toEqual([session])
  expect((await ask('GET /me', { bearer: token })).status).toBe(401)
})

test('the audit log has the actor, the action, the target, the time and the address', async () => {
  const { ask, signUp, rows } = await createWorld()
  const { id, email, session } = await signUp()
  await ask('POST /sign-in', { body: { email, password }, address: '2001:db8::1' })
  await ask('POST /sign-in', { body: { email, password: 'something else' } })
  const entries = await rows('select at, actor, action, subject, address, detail from galley_audit order by id')
  const common = { at: Date.parse('2026-11-21T08:00:00Z'), actor: id, subject: id }
  expect(entries).toMatchObject([
    { ...common, action: 'account.created', address: home, detail: '{"role":"user"}' },
    { ...common, action: 'session.created', address: home, detail: JSON.stringify({ session }) },
    { ...common, action: 'session.created', address: '2001:db8::1' },
  ])
})
