import { expect, test } from 'vitest'
import { createWorld, password, statusesOf, type World } from './world.ts'

const email = 'ann@example.com'
const dayMs = 24 * 60 * 60 * 1000

function codeIn(text: string): string {
  return /glv_[\w-]{43}/.exec(text)?.[0] ?? ''
}

/** Signs up without a code, and returns the email that follows. */
async function mailFor({ ask, nextMail }: World, body: object): Promise<string> {
  const arrival = nextMail()
  const response = await ask('POST /sign-up', { body })
  expect([response.status, response.body]).toEqual([202, { data: null, status: 202 }])
  return (await arrival).text
}

async function requestCode({ ask, nextMail }: World, bearer: string): Promise<string> {
  const arrival = nextMail()
  expect((await ask('POST /verify', { bearer })).status).toBe(202)
  return codeIn((await arrival).text)
}

test('an account is verified by the code of an email, and its cached identity with it', async () => {
  const world = await createWorld()
  const { ask, signUp, rows } = world
  const { id, token } = await signUp()
  expect((await ask('GET /me', { bearer: token })).body.data.verifiedAt).toBeNull()
  const code = await requestCode(world, token)
  expect((await ask('POST /verify/confirm', { bearer: token, body: { code } })).status).toBe(204)
  expect((await ask('GET /me', { bearer: token })).body.data.verifiedAt).toBe('2026-11-21T08:00:00.000Z')
  const request = new Request('https://app.example', { headers: { Authorization: `Bearer ${token}` } })
  expect(await world.auth.identities.identify(request)).toMatchObject({ isVerified: true })
  expect(await rows("select actor, subject from galley_audit where action = 'email.verified'")).toEqual([
    { actor: id, subject: id },
  ])
  expect((await ask('POST /verify', { bearer: token })).status).toBe(409)
  expect((await ask('POST /verify/confirm', { bearer: token, body: { code } })).status).toBe(409)
})

test('a code counts only for the user of its address, within an hour, and once', async () => {
  const world = await createWorld()
  const { ask, signUp, pass } = world
  const [ann, ben] = [await signUp(), await signUp()]
  const first = await requestCode(world, ann.token)
  expect((await ask('POST /verify/confirm', { bearer: ben.token, body: { code: first } })).status).toBe(400)
  pass(60 * 60 * 1000)
  expect((await ask('POST /verify/confirm', { bearer: ann.token, body: { code: first } })).status).toBe(400)
  const second = await requestCode(world, ann.token)
  const confirm = () => ask('POST /verify/confirm', { bearer: ann.token, body: { code: second } })
  const [one, two] = statusesOf(await Promise.all([confirm(), confirm()]))
  expect([one, [400, 409].includes(two ?? 0)]).toEqual([204, true])
})

test('an address gets five emails an hour', async () => {
  const world = await createWorld()
  const { token } = await world.signUp()
  for (let n = 0; n < 5; n += 1) await requestCode(world, token)
  expect((await world.ask('POST /verify', { bearer: token })).status).toBe(429)
})

test('the email of a reset verifies the address too', async () => {
  const { ask, signUp, nextMail } = await createWorld()
  const { email: address } = await signUp()
  const arrival = nextMail()
  await ask('POST /reset', { body: { email: address } })
  const [token] = /glr_[\w-]{43}/.exec((await arrival).text) ?? []
  await ask('POST /reset/confirm', { body: { token, password: 'another good sentence' } })
  const again = await ask('POST /sign-in', { body: { email: address, password: 'another good sentence', token: true } })
  expect(again.body.data.user.verifiedAt).not.toBeNull()
})

test('an administrator sets whether an address is verified, with an entry in the audit log', async () => {
  const { ask, signUp, admin, rows } = await createWorld()
  const [root, ann] = [await admin(), await signUp()]
  const change = (verified: boolean) =>
    ask(`PATCH /api/admin/users/${ann.id}`, { bearer: root.token, body: { verified } })
  expect((await change(true)).body.data.verifiedAt).not.toBeNull()
  expect((await change(true)).status).toBe(200)
  expect((await change(false)).body.data.verifiedAt).toBeNull()
  expect(await rows("select action from galley_audit where action like 'email.%'")).toEqual([
    { action: 'email.verified' },
    { action: 'email.unverified' },
  ])
})

test('where addresses are verified first, a sign-up tells nothing about them, and its code makes the account', async () => {
  const world = await createWorld('verified')
  const { ask, work, rows } = world
  const text = await mailFor(world, { email })
  expect(text).toContain('https://app.example/account#code=glv_')
  expect(text).toContain('&email=ann%40example.com')
  expect([work(), await rows('select 1 from galley_users')]).toEqual([0, []])
  const body = { email, password, code: codeIn(text), token: true }
  const made = await ask('POST /sign-up', { body })
  expect([made.status, made.body.data.user.verifiedAt]).toEqual([201, '2026-11-21T08:00:00.000Z'])
  const taken = await mailFor(world, { email, password, token: true })
  expect(taken).toContain('has an account already')
  expect(codeIn(taken)).toBe('')
  expect((await ask('POST /sign-up', { body })).status).toBe(400)
  expect(world.problems).toEqual([])
})

test('nobody can prepare an account for the address of somebody else', async () => {
  const world = await createWorld('verified')
  const { ask } = world
  const strangers = 'the password of a stranger'
  const text = await mailFor(world, { email, password: strangers, token: true })
  await ask('POST /sign-up', { body: { email, password, code: codeIn(text), token: true } })
  expect((await ask('POST /sign-in', { body: { email, password: strangers, token: true } })).status).toBe(401)
  expect((await ask('POST /sign-in', { body: { email, password, token: true } })).status).toBe(200)
})

test.each([
  ['without a password', {}, 'password'],
  ['for another address', { email: 'ben@example.com', password }, 'code'],
  ['with a code that nobody got', { password, code: `glv_${'A'.repeat(43)}` }, 'code'],
])('a code makes no account %s', async (_, more, fieldName) => {
  const world = await createWorld('verified')
  const code = codeIn(await mailFor(world, { email }))
  const response = await world.ask('POST /sign-up', { body: { email, code, token: true, ...more } })
  expect([response.status, response.body.details[0].field]).toEqual([400, fieldName])
  expect(await world.rows('select 1 from galley_users')).toEqual([])
})

test('a code is checked before a password is hashed', async () => {
  const { ask, work } = await createWorld('verified')
  for (const code of ['x', `glv_${'A'.repeat(43)}`, `gla_${'A'.repeat(43)}`]) {
    const response = await ask('POST /sign-up', { body: { email, password, code, token: true } })
    expect([response.status, work()]).toEqual([400, 0])
  }
})

test('strangers who sign up with an address use up no email of its owner', async () => {
  const world = await createWorld('verified')
  const code = codeIn(await mailFor(world, { email }))
  const made = await world.ask('POST /sign-up', { body: { email, password, code, token: true } })
  await world.rows('update galley_users set verifiedAt = null')
  for (let n = 0; n < 5; n += 1) await mailFor(world, { email })
  expect(codeIn(await requestCode(world, made.body.data.token))).not.toBe('')
})

test('of two sign-ups with codes of one address one makes the account', async () => {
  const world = await createWorld('verified')
  const codes = [codeIn(await mailFor(world, { email })), codeIn(await mailFor(world, { email }))]
  const responses = await Promise.all(
    codes.map((code) => world.ask('POST /sign-up', { body: { email, password, code, token: true } })),
  )
  expect(statusesOf(responses)).toEqual([201, 400])
})

test('the code of the banner makes the first administrator at once, also where addresses are verified first', async () => {
  const world = await createWorld('verified')
  expect((await world.admin()).token).toMatch(/^gls_/)
})

test.each(['open', 'verified'] as const)(
  'a network makes a hundred accounts a day, counted before any work, for new and taken addresses alike (%s)',
  async (mode) => {
    const { ask, work, pass } = await createWorld(mode)
    const signUp = (address: string, n: number) =>
      ask('POST /sign-up', { address, body: { email: `u${n % 60}@example.com`, password, token: true } })
    const statuses: number[] = []
    for (let n = 0; n < 102; n += 1) statuses.push((await signUp('192.0.2.7', n)).status)
    expect(statuses.filter((status) => status === 429)).toEqual([429])
    const before = work()
    const early = await signUp('192.0.2.7', 1000)
    expect([early.status, Number(early.headers.get('retry-after')) > 0, work()]).toEqual([429, true, before])
    expect((await signUp('192.0.2.8', 1001)).status).not.toBe(429)
    pass(dayMs)
    expect((await signUp('192.0.2.7', 1002)).status).not.toBe(429)
  },
)

test('the /64 of one IPv6 customer share a limit, and this machine has none', async () => {
  const { ask } = await createWorld('verified')
  const body = { email, password }
  const statuses = new Set<number>()
  for (let n = 0; n < 420; n += 1)
    statuses.add((await ask('POST /sign-up', { address: `2001:db8:1:${(n % 250).toString(16)}::1`, body })).status)
  expect([...statuses]).toContain(429)
  for (let n = 0; n < 120; n += 1)
    expect((await ask('POST /sign-up', { address: '127.0.0.1', body })).status).not.toBe(429)
}, 30_000)
