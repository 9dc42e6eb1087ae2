import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dial, kinds, request } from '../transports/clients.ts'
import { cut, lastOf, openAll } from './open-connections.ts'
import { type Asker, act, bearer, makeKey, type Person, password, signIn, signUp, signUpAs } from './people.ts'
import { dialRaw, type RawConnection, rawRequest } from './raw.ts'
import { connect, hello } from './request-transports.ts'
import { server } from './server.ts'
import { startWorld, type World } from './world.ts'

let world: World
let root: Person

beforeAll(async () => {
  world = await startWorld(server)
  root = await signUp(world.send, { code: world.administratorCode })
})
afterAll(async () => {
  await world.stop()
  expect(world.problems).toEqual([])
})

const cutMsMax = 1000
const changed = { password, newPassword: 'staple battery horse' }

type Cut = (person: Person, ended: Asker) => Promise<void>
const doing = (line: string, body?: unknown): Cut => {
  return (person) => act(world.send, person, line, body)
}

async function reset({ email }: Person): Promise<void> {
  const before = world.mail.length
  expect((await world.send('POST /api/auth/reset', { body: { email } })).status).toBe(202)
  await expect.poll(() => world.mail.length).toBe(before + 1)
  const token = /glr_[\w-]+/.exec(world.mail.at(-1)?.text ?? '')?.[0]
  const reply = await world.send('POST /api/auth/reset/confirm', { body: { token, password: changed.newPassword } })
  expect(reply.status).toBe(204)
}

/** Done by the user in another session, or by an administrator. */
const cuts: Record<string, Cut> = {
  'a sign-out': (_, ended) => act(world.send, ended, 'POST /api/auth/sign-out'),
  'its end from another session': (person, { credentialId }) =>
    act(world.send, person, `DELETE /api/auth/sessions/${credentialId}`),
  'the end of all other sessions': doing('DELETE /api/auth/sessions'),
  'a change of the password': doing('POST /api/auth/password', changed),
  'a reset of the password': reset,
  'the end of the account': doing('DELETE /api/auth/me', { password }),
  'an administrator who ends the sessions': ({ userId }) =>
    act(world.send, root, `DELETE /api/admin/users/${userId}/sessions`),
  'an administrator who disables the account': ({ userId }) =>
    act(world.send, root, `PATCH /api/admin/users/${userId}`, { disabled: true }),
}

async function expectCut(asker: Asker, topic: string, end: () => Promise<void>): Promise<void> {
  const open = await openAll(world.send, world.url, asker, topic)
  const before = performance.now()
  await end()
  expect(await Promise.all(open.map(({ ended }) => ended))).toEqual(cut(open))
  expect(performance.now() - before).toBeLessThan(cutMsMax)
}

async function expectWorthless(asker: Asker): Promise<void> {
  expect((await world.send('GET /api/todos', { headers: bearer(asker) })).status).toBe(401)
  for (const kind of kinds) {
    const client = await dial(world.url, kind)
    expect((await hello(client, asker)).error?.code).toBe(401)
    expect(await lastOf(client)).toBe('goaway 4401')
  }
}

describe('a session is cut on every transport within a second', () => {
  test.each(Object.entries(cuts))('by %s, and is worth nothing then', async (_, end) => {
    const person = await signUp(world.send)
    const ended = await signIn(world.send, person)
    await expectCut(ended, `diaries/${person.userId}`, () => end(person, ended))
    await expectWorthless(ended)
  })

  test('and the session that did it continues', async () => {
    const person = await signUp(world.send)
    const open = await openAll(world.send, world.url, person, `diaries/${person.userId}`)
    const other = await signIn(world.send, person)
    for (const line of [`DELETE /api/auth/sessions/${other.credentialId}`, 'DELETE /api/auth/sessions'])
      await act(world.send, person, line)
    await act(world.send, person, 'POST /api/auth/password', changed)
    await act(world.send, person, 'POST /api/diaries', { text: 'still here' })
    const first = await Promise.all(open.filter(({ name }) => !/^(ws|tcp)/.test(name)).map(({ ended }) => ended))
    expect(first).toEqual(['event', 'event', 'event'])
    await act(world.send, person, 'POST /api/auth/sign-out')
    const rest = await Promise.all(open.filter(({ name }) => /^(ws|tcp)/.test(name)).map(({ ended }) => ended))
    expect(rest).toEqual(rest.map(() => 'goaway 4401'))
  })
})

describe.each(kinds)('a user who ends their own session by a message over %s', (kind) => {
  const ends = {
    'POST /api/auth/sign-out': {},
    'DELETE /api/auth/me': { body: { password } },
  }
  test.each(Object.entries(ends))('%s: receives the response, and then 4401', async (line, params) => {
    const client = await connect(world.url, kind, await signUp(world.send))
    const response = await client.ask(request(1, line, params))
    expect(response.result.status).toBe(204)
    expect(await lastOf(client)).toBe('goaway 4401')
  })
})

describe('an API key is cut on every transport within a second', () => {
  const ends: Record<string, Cut> = {
    'its revocation': (person, { credentialId }) => act(world.send, person, `DELETE /api/auth/keys/${credentialId}`),
    'the end of the account': doing('DELETE /api/auth/me', { password }),
    'a reset of the password': reset,
    'an administrator who disables the account': ({ userId }) =>
      act(world.send, root, `PATCH /api/admin/users/${userId}`, { disabled: true }),
  }
  test.each(Object.entries(ends))('by %s, and is worth nothing then', async (_, end) => {
    const person = await signUp(world.send)
    const key = await makeKey(world.send, person, ['diaries:read'])
    await expectCut(key, `diaries/${person.userId}`, () => end(person, key))
    await expectWorthless(key)
  })
})

describe('a role that is taken away', () => {
  const take = ({ userId }: Asker) => act(world.send, root, `PATCH /api/admin/users/${userId}`, { role: 'user' })

  test('closes all of its connections within a second', async () => {
    const person = await signUpAs(world.send, root, 'editor')
    await expectCut(person, 'reports', () => take(person))
  })

  test('ends with the next request, and its other rights stay', async () => {
    const person = await signUpAs(world.send, root, 'editor')
    const key = await makeKey(world.send, person, ['*'])
    const read = (asker: Asker, path: string) => world.send(`GET /api/${path}`, { headers: bearer(asker) })
    expect((await read(person, 'reports')).status).toBe(200)
    expect((await read(key, 'reports')).status).toBe(200)
    await take(person)
    for (const asker of [person, key]) {
      expect((await read(asker, 'reports')).status).toBe(403)
      expect((await read(asker, 'cards')).status).toBe(200)
    }
  })

  test.each(kinds)('lets the same token reconnect at once over %s, with its remaining rights', async (kind) => {
    const person = await signUpAs(world.send, root, 'editor')
    await take(person)
    const client = await connect(world.url, kind, person)
    expect((await client.ask(request(1, 'subscribe', { topic: 'reports' }))).error?.code).toBe(403)
    expect((await client.ask(request(2, 'subscribe', { topic: 'cards' }))).error).toBeUndefined()
    client.end()
  })

  test('of an administrator ends their access to the data of others', async () => {
    const admin = await signUpAs(world.send, root, 'admin')
    const person = await signUp(world.send)
    await expectCut(admin, `diaries/${person.userId}`, () => take(admin))
    expect((await world.send('GET /api/admin/users', { headers: bearer(admin) })).status).toBe(403)
  })
})

describe('a request that begins during the revocation', () => {
  test.each(kinds)('does not stay: a session over %s', async (kind) => {
    const person = await signUp(world.send)
    for (let round = 0; round < 10; round += 1) {
      const ended = await signIn(world.send, person)
      const client = await dial(world.url, kind)
      client.send(request(1, 'hello', { token: ended.token }))
      client.send(request(2, 'subscribe', { topic: `diaries/${person.userId}` }))
      await act(world.send, ended, 'POST /api/auth/sign-out')
      expect(await lastOf(client)).toBe('goaway 4401')
    }
  })

  test('does not stay: a WebSocket by cookie, and a stream', async () => {
    const person = await signUp(world.send)
    for (let round = 0; round < 10; round += 1) {
      const ended = await signIn(world.send, person)
      const opening = openAll(world.send, world.url, ended, `diaries/${person.userId}`).catch(() => [])
      await act(world.send, ended, 'POST /api/auth/sign-out')
      for (const { ended: over } of await opening) expect(await over).not.toBe('event')
    }
  })
})

describe('a write whose body arrives after the revocation', () => {
  const body = JSON.stringify({ text: 'late' })
  const begin = async (asker: Asker, path: string) => {
    const connection = await dialRaw(world.url)
    const headers = { ...bearer(asker), 'Content-Length': String(body.length) }
    connection.write(rawRequest(`POST ${path}`, headers, body.slice(0, 3)))
    return connection
  }
  const finish = async (connection: RawConnection) => {
    connection.write(body.slice(3))
    const [response = ''] = await connection.responses(1)
    connection.end()
    return Number(response.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
  }

  test('is refused, however early the request began', async () => {
    const person = await signUp(world.send)
    const ended = await signIn(world.send, person)
    const connection = await begin(ended, '/api/diaries')
    // Makes sure that the head has been read.
    await act(world.send, ended, 'GET /api/auth/me')
    await act(world.send, ended, 'POST /api/auth/sign-out')
    expect(await finish(connection)).toBe(401)
    expect((await world.send('GET /api/diaries', { headers: bearer(person) })).rows).toEqual([])
  })

  test('is refused where it was for a role', async () => {
    const person = await signUpAs(world.send, root, 'editor')
    const connection = await begin(person, '/api/reports')
    await act(world.send, person, 'GET /api/auth/me')
    await act(world.send, root, `PATCH /api/admin/users/${person.userId}`, { role: 'user' })
    expect(await finish(connection)).toBeGreaterThanOrEqual(401)
    expect((await world.send('GET /api/reports', { headers: bearer(root) })).text).not.toContain('late')
  })
})

describe('expiry', () => {
  const hourMs = 3_600_000

  test('receives no event after its end', async () => {
    const person = await signUp(world.send)
    const expiresAt = new Date(Date.now() + 1000 * hourMs).toISOString()
    const key = await makeKey(world.send, person, ['diaries:read'], { expiresAt })
    const topic = `diaries/${person.userId}`
    world.pass(999 * hourMs)
    const fresh = await signIn(world.send, person)
    const open = await openAll(world.send, world.url, key, topic)
    world.pass(2 * hourMs)
    await act(world.send, fresh, 'POST /api/diaries', { text: 'late' })
    expect(await Promise.all(open.map(({ ended }) => ended))).toEqual(cut(open))
  })

  test.each(kinds)('ends with its next message over %s', async (kind) => {
    const person = await signUp(world.send)
    const client = await connect(world.url, kind, person)
    world.pass(181 * 24 * hourMs)
    client.send(request(1, 'GET /api/todos'))
    expect(await lastOf(client)).toBe('goaway 4401')
  })
})
