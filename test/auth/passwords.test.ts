import { expect, test } from 'vitest'
import { Background } from '../../src/database/cleanup.ts'
import { cookieIn, createWorld, password, statusesOf, type World } from './world.ts'

const better = 'a wholly new sentence'
const hourMs = 60 * 60 * 1000

async function emailTo({ ask, nextMail }: World, email: string): Promise<string> {
  const arrival = nextMail()
  const response = await ask('POST /reset', { body: { email } })
  expect([response.status, response.body]).toEqual([202, { data: null, status: 202 }])
  return (await arrival).text
}

async function tokenFor(world: World, email: string): Promise<string> {
  return /glr_[\w-]{43}/.exec(await emailTo(world, email))?.[0] ?? ''
}

test('changing the password requires the old one, keeps this session and ends all others', async () => {
  const { ask, signUp, rows } = await createWorld()
  const { id, email, token } = await signUp()
  const other = await ask('POST /sign-in', { body: { email, password } })
  await ask('GET /me', { cookie: cookieIn(other) })
  const changed = await ask('POST /password', { bearer: token, body: { password, newPassword: better } })
  expect(changed.status).toBe(204)
  expect((await ask('GET /me', { bearer: token })).status).toBe(200)
  expect((await ask('GET /me', { cookie: cookieIn(other) })).status).toBe(401)
  expect((await ask('POST /sign-in', { body: { email, password } })).status).toBe(401)
  expect((await ask('POST /sign-in', { body: { email, password: better } })).status).toBe(200)
  expect(await rows("select actor, subject, detail from galley_audit where action = 'password.changed'")).toMatchObject(
    [{ actor: id, subject: id, detail: '{}' }],
  )
})

test.each([
  ['a wrong old one', { password: 'something else', newPassword: better }, 'password'],
  ['a common new one', { password, newPassword: 'iloveyou1' }, 'newPassword'],
  ['no new one', { password }, 'newPassword'],
])('a password is not changed with %s', async (_, body, field) => {
  const { ask, signUp } = await createWorld()
  const { email, token } = await signUp()
  const response = await ask('POST /password', { bearer: token, body })
  expect([response.status, response.body.details[0].field]).toEqual([400, field])
  expect((await ask('POST /sign-in', { body: { email, password } })).status).toBe(200)
})

test('of two changes at once one is made', async () => {
  const { ask, signUp } = await createWorld()
  const { token } = await signUp()
  const change = (newPassword: string) => ask('POST /password', { bearer: token, body: { password, newPassword } })
  const responses = await Promise.all([change('first new sentence'), change('second new sentence')])
  expect(statusesOf(responses)).toEqual([204, 409])
})

test('a change of the password deletes the known networks, where another person may have signed in', async () => {
  const { ask, signUp, rows } = await createWorld()
  const { email, token } = await signUp()
  await ask('POST /sign-in', { body: { email, password }, address: '203.0.113.66' })
  await ask('POST /password', { bearer: token, body: { password, newPassword: better } })
  expect(await rows('select place from galley_places')).toMatchObject([{ place: '192.0.2.1' }])
})

test('an email leads to the configured address, whatever host the request names', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const arrival = world.nextMail()
  await world.ask('POST /reset', { body: { email }, origin: 'https://evil.example' })
  const message = await arrival
  expect(message.to).toBe(email)
  expect(message.text).toMatch(/^https:\/\/app\.example\/reset#glr_[\w-]{43}$/m)
  expect(message.text).not.toContain('evil')
})

test('a reset is answered the same whether or not the account exists, after no work and no write', async () => {
  const { ask, signUp, work, mail, rows, nextMail, auth } = await createWorld()
  const { email } = await signUp()
  const before = work()
  const arrival = nextMail()
  const known = await ask('POST /reset', { body: { email } })
  expect(await rows('select 1 from galley_resets where userId is not null')).toEqual([])
  const unknown = await ask('POST /reset', { body: { email: 'nobody@example.com' } })
  await arrival
  await auth.cleanUp(new Background())
  expect([known.status, known.body]).toEqual([unknown.status, unknown.body])
  expect(work()).toBe(before)
  expect(mail.map(({ to }) => to)).toEqual([email])
})

test('a reset sets a new password and ends all sessions', async () => {
  const world = await createWorld()
  const { ask, signUp, rows } = world
  const { id, email, token } = await signUp()
  await ask('GET /me', { bearer: token })
  const reset = await tokenFor(world, email.toUpperCase())
  const response = await ask('POST /reset/confirm', { body: { token: reset, password: better } })
  expect([response.status, response.headers.get('set-cookie')]).toEqual([204, null])
  expect((await ask('GET /me', { bearer: token })).status).toBe(401)
  expect((await ask('POST /sign-in', { body: { email, password } })).status).toBe(401)
  expect((await ask('POST /sign-in', { body: { email, password: better } })).status).toBe(200)
  const entries = await rows("select actor, action, subject from galley_audit where action like '%reset%' order by id")
  expect(entries).toMatchObject([
    { action: 'reset.requested', actor: null, subject: id },
    { action: 'password.reset', actor: id, subject: id },
  ])
})

test('a reset token works once, also when used concurrently, and voids the other ones', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const [first, second] = [await tokenFor(world, email), await tokenFor(world, email)]
  const confirm = (token: string, n: number) =>
    world.ask('POST /reset/confirm', { body: { token, password: `${better} ${n}` } })
  const responses = await Promise.all([1, 2, 3, 4].map((n) => confirm(first, n)))
  expect(statusesOf(responses)).toEqual([204, 400, 400, 400])
  const late = await confirm(second, 5)
  expect([late.status, late.body.details[0].field]).toEqual([400, 'token'])
})

test('a token to reset is good for an hour', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const token = await tokenFor(world, email)
  world.pass(hourMs)
  expect((await world.ask('POST /reset/confirm', { body: { token, password: better } })).status).toBe(400)
})

test('a token is not used up by a password that is refused', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const token = await tokenFor(world, email)
  const refused = await world.ask('POST /reset/confirm', { body: { token, password: 'password' } })
  expect([refused.status, refused.body.details[0].field]).toEqual([400, 'password'])
  expect((await world.ask('POST /reset/confirm', { body: { token, password: better } })).status).toBe(204)
})

test("a session's token, an API key and an administrator's code reset nothing", async () => {
  const { ask, signUp, work } = await createWorld()
  const { token } = await signUp()
  const key = await ask('POST /keys', { bearer: token, body: { name: 'k', scopes: ['*'] } })
  const before = work()
  for (const each of [token, key.body.data.secret, `glr_${'A'.repeat(43)}`, '']) {
    expect((await ask('POST /reset/confirm', { body: { token: each, password: better } })).status).toBe(400)
  }
  expect(work()).toBe(before)
})

test('an account gets five emails an hour at most', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  for (let n = 0; n < 5; n += 1) await emailTo(world, email)
  const other = await world.signUp()
  for (let n = 0; n < 3; n += 1) expect((await world.ask('POST /reset', { body: { email } })).status).toBe(202)
  await emailTo(world, other.email)
  await world.auth.cleanUp(new Background())
  expect(world.mail.filter(({ to }) => to === email)).toHaveLength(5)
  world.pass(hourMs)
  await emailTo(world, email)
})

test('a disabled account gets no email, and its reset token is void', async () => {
  const world = await createWorld()
  const chief = await world.admin()
  const { id, email } = await world.signUp()
  const token = await tokenFor(world, email)
  const toggle = (disabled: boolean) =>
    world.ask(`PATCH /api/admin/users/${id}`, { bearer: chief.token, body: { disabled } })
  await toggle(true)
  await world.ask('POST /reset', { body: { email } })
  await emailTo(world, chief.email)
  expect(world.mail.map(({ to }) => to)).toEqual([email, chief.email])
  await toggle(false)
  expect((await world.ask('POST /reset/confirm', { body: { token, password: better } })).status).toBe(400)
})

test('an email that cannot be sent is logged, and the server continues', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const failed = Promise.withResolvers<void>()
  world.mail.push = () => {
    failed.resolve()
    throw new Error('The mail server is away.')
  }
  await world.ask('POST /reset', { body: { email } })
  await failed.promise
  await world.auth.cleanUp(new Background())
  expect(world.problems).toMatchObject([{ message: 'The mail server is away.' }])
})

test('deleting the account requires its password; nothing of it can be used afterwards', async () => {
  const { ask, signUp, rows } = await createWorld()
  const { id, email, token } = await signUp()
  const key = (await ask('POST /keys', { bearer: token, body: { name: 'k', scopes: ['*'] } })).body.data.secret
  await ask('GET /me', { bearer: key })
  expect((await ask('DELETE /me', { bearer: token, body: { password: 'something else' } })).status).toBe(400)
  const gone = await ask('DELETE /me', { cookie: token, body: { password } })
  expect([gone.status, cookieIn(gone)]).toEqual([204, ''])
  for (const bearer of [token, key]) expect((await ask('GET /me', { bearer })).status).toBe(401)
  expect((await ask('POST /sign-in', { body: { email, password } })).status).toBe(401)
  for (const table of ['users', 'logins', 'keys', 'places'])
    expect(await rows(`select 1 from galley_${table}`)).toEqual([])
  expect(await rows("select actor, subject from galley_audit where action = 'account.deleted'")).toMatchObject([
    { actor: id, subject: id },
  ])
  expect((await ask('POST /sign-up', { body: { email, password } })).status).toBe(201)
})
