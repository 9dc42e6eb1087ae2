import { expect, test } from 'vitest'
import { slow } from '../harness/passwords.ts'
import { cookieNameAt, type Reply, type Send, type Subject } from './http.ts'

/** Accounts as every runtime has them, one of them with the runtime's own scrypt. */
export function accountCases({ send, origin }: Subject): void {
  cookies(send, origin)
  tokens(send)
  refusals(send)
}

const password = 'correct horse battery'
const newEmail = () => `${crypto.randomUUID()}@example.com`

interface Begun {
  user: { id: string; email: string; role: string }
  session: { id: string; expiresAt: string }
  token?: string
}

const begun = (reply: Reply) => reply.body<Begun>().data

function cookieIn({ headers }: Reply): string {
  const [cookie = ''] = headers['set-cookie'] ?? []
  return cookie.slice(0, cookie.indexOf(';'))
}

const asking = (credential: string) =>
  credential.startsWith('__Host-') ? { Cookie: credential } : { Authorization: `Bearer ${credential}` }

async function signUp(send: Send): Promise<{ email: string; token: string; session: string; id: string }> {
  const email = newEmail()
  const reply = await send('POST /api/auth/sign-up', { body: { email, password, token: true } })
  expect(reply.status).toBe(201)
  const { user, session, token = '' } = begun(reply)
  return { email, token, session: session.id, id: user.id }
}

const me = (send: Send, credential: string) => send('GET /api/auth/me', { headers: asking(credential) })

function cookies(send: Send, origin: Subject['origin']): void {
  test('a cookie signs in, is out of reach for scripts and other hosts, and ends at the sign-out', async () => {
    const email = newEmail()
    const up = await send('POST /api/auth/sign-up', { body: { email: ` ${email.toUpperCase()} `, password } })
    expect(up.status).toBe(201)
    expect(up.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^__Host-galley-\d+=gls_[\w-]{43}; Max-Age=15552000; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
      ),
    ])
    expect(begun(up).user).toMatchObject({ email, role: 'user' })
    expect((await me(send, cookieIn(up))).body()).toMatchObject({ data: { email, credential: { kind: 'session' } } })
    const out = await send('POST /api/auth/sign-out', { headers: asking(cookieIn(up)) })
    expect([out.status, cookieIn(out)]).toEqual([204, `${cookieNameAt(origin())}=`])
    expect((await me(send, cookieIn(up))).status).toBe(401)
  })

  test('a client with an old cookie can sign in again', async () => {
    const { email, token } = await signUp(send)
    const cookie = `${cookieNameAt(origin())}=${token}`
    await send('POST /api/auth/sign-out', { headers: asking(cookie) })
    const again = await send('POST /api/auth/sign-in', { body: { email, password }, headers: asking(cookie) })
    expect(again.status).toBe(200)
    expect(cookieIn(again)).not.toBe(cookie)
    expect((await me(send, cookieIn(again))).status).toBe(200)
  })

  test('another site can neither sign in nor out', async () => {
    const { email, token } = await signUp(send)
    const headers = {
      ...asking(`${cookieNameAt(origin())}=${token}`),
      'Sec-Fetch-Site': 'cross-site',
      Origin: 'https://evil.example',
    }
    for (const line of ['POST /api/auth/sign-out', 'POST /api/auth/sign-in', 'DELETE /api/auth/sessions']) {
      expect((await send(line, { headers, body: { email, password } })).status).toBe(403)
    }
    expect((await me(send, token)).status).toBe(200)
  })
}

function tokens(send: Send): void {
  test('a password is hashed at its usual cost', async () => {
    const [email, given] = [newEmail(), `${slow}${password}`]
    expect((await send('POST /api/auth/sign-up', { body: { email, password: given } })).status).toBe(201)
    for (const [tried, status] of [
      [given, 200],
      [`${given}x`, 401],
    ] as const) {
      expect((await send('POST /api/auth/sign-in', { body: { email, password: tried } })).status).toBe(status)
    }
  })

  test('a machine has a token, and ends the sessions of others', async () => {
    const { email, token } = await signUp(send)
    const other = await send('POST /api/auth/sign-in', { body: { email, password } })
    const list = await send('GET /api/auth/sessions', { headers: asking(token) })
    expect(list.rows).toHaveLength(2)
    const { session } = begun(other)
    expect((await send(`DELETE /api/auth/sessions/${session.id}`, { headers: asking(token) })).status).toBe(204)
    expect((await me(send, cookieIn(other))).status).toBe(401)
    expect((await me(send, token)).status).toBe(200)
  })

  test('an API key is made, used, listed and revoked', async () => {
    const { token } = await signUp(send)
    const headers = asking(token)
    const made = await send('POST /api/auth/keys', { headers, body: { name: 'robot', scopes: ['todos:read'] } })
    expect(made.status).toBe(201)
    const { id, secret } = made.body<{ id: string; secret: string }>().data
    expect((await me(send, secret)).body()).toMatchObject({
      data: { credential: { kind: 'key', scopes: ['todos:read'] } },
    })
    expect((await send('GET /api/auth/keys', { headers })).text).not.toContain(secret)
    expect((await send('GET /api/auth/sessions', { headers: asking(secret) })).status).toBe(403)
    expect((await send(`DELETE /api/auth/keys/${id}`, { headers })).status).toBe(204)
    expect((await me(send, secret)).status).toBe(401)
  })

  test('a changed password ends the other sessions, and a deleted account is gone', async () => {
    const { email, token } = await signUp(send)
    const other = await send('POST /api/auth/sign-in', { body: { email, password } })
    const newPassword = 'a wholly new sentence'
    const headers = asking(token)
    expect((await send('POST /api/auth/password', { headers, body: { password, newPassword } })).status).toBe(204)
    expect((await me(send, cookieIn(other))).status).toBe(401)
    expect((await send('DELETE /api/auth/me', { headers, body: { password } })).status).toBe(400)
    expect((await send('DELETE /api/auth/me', { headers, body: { password: newPassword } })).status).toBe(204)
    expect((await me(send, token)).status).toBe(401)
    expect((await send('POST /api/auth/sign-in', { body: { email, password: newPassword } })).status).toBe(401)
  })
}

function refusals(send: Send): void {
  test('unknown and known accounts are refused alike', async () => {
    const { email } = await signUp(send)
    const words: unknown[] = []
    for (const each of [email, newEmail()]) {
      const reply = await send('POST /api/auth/sign-in', { body: { email: each, password: 'something else' } })
      const { requestId, ...rest } = reply.body()
      words.push([reply.status, rest])
      expect(requestId).not.toBe('')
    }
    expect(words[0]).toEqual(words[1])
  })

  test('an address has one account', async () => {
    const { email } = await signUp(send)
    const reply = await send('POST /api/auth/sign-up', { body: { email: email.toUpperCase(), password } })
    expect([reply.status, reply.badFields]).toEqual([409, ['email']])
  })

  test.each([
    ['a common password', { email: 'a@example.com', password: 'password1' }, 'password'],
    ['a short password', { email: 'a@example.com', password: '7 chars' }, 'password'],
    ['an invalid address', { email: 'a', password }, 'email'],
  ])('%s is refused', async (_, body, field) => {
    const reply = await send('POST /api/auth/sign-up', { body })
    expect([reply.status, reply.badFields]).toEqual([400, [field]])
  })

  test('an invalid token is 401 everywhere, even on public routes', async () => {
    for (const line of ['GET /api/auth/me', 'GET /api/todos']) {
      const reply = await send(line, { headers: asking(`gls_${'A'.repeat(43)}`) })
      expect([line, reply.status]).toEqual([line, 401])
      expect(reply.header('www-authenticate')).toMatch(/^Bearer/)
    }
  })

  test('a reset gets the same response for every address', async () => {
    const { email } = await signUp(send)
    for (const each of [email, newEmail()]) {
      const reply = await send('POST /api/auth/reset', { body: { email: each } })
      expect([reply.status, reply.body()]).toEqual([202, { data: null, status: 202 }])
    }
    const body = { token: `glr_${'A'.repeat(43)}`, password }
    expect((await send('POST /api/auth/reset/confirm', { body })).status).toBe(400)
  })

  test.each([
    'kim@example.xn--p1ai',
    "a&b/c=d!e%f#g$h{i}j~k?l^m`n|o'p*q+r-s_t.u@example.org",
    'kim@localhost',
    '.kim..lee.@example.org',
    `${'a'.repeat(64)}@${'b'.repeat(63)}.example`,
  ])('%s is an e-mail address', async (email) => {
    expect((await send('POST /api/auth/reset', { body: { email } })).status).toBe(202)
  })

  test.each([
    'kim',
    '@example.org',
    'kim@',
    'kim@example..org',
    'kim@-example.org',
    'kim@example-.org',
    `kim@${'b'.repeat(64)}.org`,
    'kim lee@example.org',
    'kim@example.org\nBcc: lee@example.org',
    'kim@lee@example.org',
    '"kim"@example.org',
    '<kim@example.org>',
    'kim,lee@example.org',
    'kim@[127.0.0.1]',
    'kïm@example.org',
    `${'a'.repeat(250)}@b.cd`,
  ])('%j is no e-mail address', async (email) => {
    expect((await send('POST /api/auth/reset', { body: { email } })).status).toBe(400)
  })

  test('administration is for administrators only', async () => {
    const { token, id } = await signUp(send)
    const lines = [
      'GET /api/admin/users',
      `GET /api/admin/users/${id}`,
      `PATCH /api/admin/users/${id}`,
      `DELETE /api/admin/users/${id}/sessions`,
      'GET /api/admin/audit',
    ]
    for (const line of lines) {
      const body = line.startsWith('PATCH') ? { role: 'admin' } : undefined
      expect([line, (await send(line, { body })).status]).toEqual([line, 401])
      expect([line, (await send(line, { body, headers: asking(token) })).status]).toEqual([line, 403])
    }
  })
}
