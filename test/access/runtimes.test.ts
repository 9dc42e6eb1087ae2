/** Access that an administrator revokes ends at once, on every server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSend } from '../conformance/http.ts'
import { sample } from '../harness/sample.ts'
import { type RunningProcess, startProcess } from '../harness/server.ts'
import { serverKinds } from '../transports/servers.ts'
import { cut, openAll } from './open-connections.ts'
import { type Asker, act, bearer, makeKey, type Person, signIn, signUp, signUpAs } from './people.ts'
import { dialRaw, rawRequest } from './raw.ts'

const cutMsMax = 1000

describe.each(sample(serverKinds, 4))('$name', ({ runtime, engine, kinds }) => {
  let server: RunningProcess
  beforeAll(async () => {
    const env = { HTTP_ENGINE: engine, LOG_LEVEL: 'warn' }
    server = await startProcess({ runtime, entry: `test/fixtures/${runtime}.ts`, env })
  })
  afterAll(() => server?.stop())
  const send = createSend(() => server.url)
  let root: Promise<Person> | undefined
  /** Signs up with the code that the server prints at its start. */
  const administrator = () => {
    root ??= signUp(send, { code: /gla_[\w-]+/.exec(server.output())?.[0] ?? '' })
    return root
  }

  async function expectCut(asker: Asker, topic: string, end: () => Promise<void>): Promise<void> {
    const open = await openAll(send, server.url, asker, topic, kinds)
    const before = performance.now()
    await end()
    expect(await Promise.all(open.map(({ ended }) => ended))).toEqual(cut(open))
    expect(performance.now() - before).toBeLessThan(cutMsMax)
  }

  test('a disabled user loses all connections of sessions and keys, and can not sign in', async () => {
    const admin = await administrator()
    const person = await signUp(send)
    const key = await makeKey(send, person, ['*'])
    const topic = `diaries/${person.userId}`
    const open = await openAll(send, server.url, key, topic, kinds)
    await expectCut(person, topic, () =>
      act(send, admin, `PATCH /api/admin/users/${person.userId}`, { disabled: true }),
    )
    expect(await Promise.all(open.map(({ ended }) => ended))).toEqual(cut(open))
    for (const asker of [person, key])
      expect((await send('GET /api/diaries', { headers: bearer(asker) })).status).toBe(401)
    await expect(signIn(send, person)).rejects.toThrow('401')
  })

  test('a user that loses a role loses the connections that needed it', async () => {
    const admin = await administrator()
    const person = await signUpAs(send, admin, 'editor')
    await expectCut(person, 'reports', () =>
      act(send, admin, `PATCH /api/admin/users/${person.userId}`, { role: 'user' }),
    )
    expect((await send('GET /api/reports', { headers: bearer(person) })).status).toBe(403)
  })

  test('a write whose body arrives after the sign-out is refused', async () => {
    const person = await signUp(send)
    const ended = await signIn(send, person)
    const body = JSON.stringify({ text: 'late' })
    const connection = await dialRaw(server.url)
    const headers = { ...bearer(ended), 'Content-Length': String(body.length) }
    connection.write(rawRequest('POST /api/diaries', headers, body.slice(0, 3)))
    // Makes sure that the head has been read.
    await act(send, ended, 'GET /api/auth/me')
    await act(send, ended, 'POST /api/auth/sign-out')
    connection.write(body.slice(3))
    const [response] = await connection.responses(1)
    connection.end()
    expect(response).toMatch(/^HTTP\/1.1 401/)
    expect((await send('GET /api/diaries', { headers: bearer(person) })).rows).toEqual([])
  })

  test('signing out closes the connections of the session', async () => {
    const person = await signUp(send)
    await expectCut(person, `diaries/${person.userId}`, () => act(send, person, 'POST /api/auth/sign-out'))
  })
})
