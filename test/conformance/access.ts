/** Rules of every kind, on every runtime: the outcome for each caller, hidden rows, and the end of revoked access. */
import { beforeAll, expect, test } from 'vitest'
import { cut, openAll } from '../access/open-connections.ts'
import {
  type Asker,
  act,
  bearer,
  cookie,
  makeKey,
  nobody,
  type Person,
  password,
  signIn,
  signUp,
} from '../access/people.ts'
import { observedReply } from '../access/request-transports.ts'
import type { Reply, Row, Subject } from './http.ts'

const none = '0'.repeat(26)
const cutMsMax = 1000

export function accessCases(subject: Subject): void {
  const { send, origin } = subject
  let owner: Person
  let other: Person
  let foreignKey: Asker
  let readingKey: Asker
  let diary: Row

  const as = (asker: Asker, line: string, body?: unknown): Promise<Reply> =>
    send(line, { headers: bearer(asker), ...(body !== undefined && { body }) })

  beforeAll(async () => {
    owner = await signUp(send)
    other = await signUp(send)
    foreignKey = await makeKey(send, owner, ['elsewhere:read', 'elsewhere:write'])
    readingKey = await makeKey(send, owner, ['diaries:read'])
    diary = (await as(owner, 'POST /api/diaries', { text: 'hidden' })).row
  })

  const lines: [string, unknown, readonly number[]][] = [
    ['GET /api/diaries', undefined, [401, 200, 200, 403, 200]],
    ['GET /api/diaries/aggregate', undefined, [401, 200, 200, 403, 200]],
    ['GET /api/diaries/ID', undefined, [401, 404, 200, 403, 200]],
    ['POST /api/diaries', { text: 'new' }, [401, 201, 201, 403, 403]],
    ['PATCH /api/diaries/ID', {}, [401, 404, 200, 403, 403]],
    ['PUT /api/diaries/ID', {}, [401, 404, 200, 403, 403]],
    ['GET /api/cards', undefined, [401, 200, 200, 403, 403]],
    ['POST /api/notices', { text: 'new' }, [401, 403, 403, 403, 403]],
    ['GET /api/notices', undefined, [200, 200, 200, 200, 200]],
    ['GET /api/reports', undefined, [401, 403, 403, 403, 403]],
    ['GET /api/drafts', undefined, [200, 200, 200, 403, 403]],
    ['POST /api/lines', { room: 'user', text: 'new' }, [401, 201, 201, 403, 403]],
    ['POST /api/lines', { room: 'editor', text: 'new' }, [401, 403, 403, 403, 403]],
    ['POST /api/sealed', { text: 'new' }, [201, 201, 201, 201, 201]],
    ['GET /api/sealed', undefined, [401, 403, 403, 403, 403]],
    ['GET /api/topics/diaries/OWNER/events', undefined, [404, 404, 200, 404, 200]],
    ['GET /api/topics/diaries/OWNER/presence', undefined, [404, 404, 200, 404, 200]],
    ['GET /api/topics/members_only/events', undefined, [401, 200, 200, 403, 403]],
    ['GET /api/topics/editors_only/events', undefined, [401, 403, 403, 403, 403]],
    ['GET /api/topics/drafts/events', undefined, [404, 404, 404, 404, 404]],
    ['POST /api/topics/diaries/OWNER/events', { type: 'told', data: null }, [404, 404, 403, 404, 403]],
    ['GET /api/admin/users', undefined, [401, 403, 403, 403, 403]],
    ['GET /api/admin/audit', undefined, [401, 403, 403, 403, 403]],
  ]
  test.each(lines)(
    '%s %j: an anonymous client, another user, the owner and the owner’s keys get the declared outcome',
    async (line, body, expected) => {
      const asked = line.replace('ID', diary.id).replace('OWNER', owner.userId)
      const askers = [nobody, other, owner, foreignKey, readingKey]
      const replies = await Promise.all(askers.map((asker) => as(asker, asked, body)))
      expect(replies.map(({ status }) => status)).toEqual(expected)
      for (const { status, text } of replies) if (status >= 400) expect(text).not.toContain('hidden')
    },
  )

  test.each(['GET', 'PATCH', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])(
    "%s of another's row looks the same as of a missing row",
    async (method) => {
      const body = method === 'PATCH' || method === 'PUT' ? { mood: 1 } : undefined
      const tell = async (id: string) => observedReply(await as(other, `${method} /api/diaries/${id}`, body))
      expect(await tell(diary.id)).toEqual(await tell(none))
    },
  )

  test("lists, counts and positions cover only the caller's rows", async () => {
    const fresh = await signUp(send)
    const reply = await as(fresh, 'GET /api/diaries?count=true')
    expect(JSON.parse(reply.text)).toMatchObject({ data: [], next: null, count: 0, position: { offset: 0 } })
  })

  test('a cookie counts as its token does', async () => {
    const { status } = await send(`GET /api/diaries/${diary.id}`, { headers: cookie(owner, origin()) })
    expect(status).toBe(200)
    expect((await send(`GET /api/diaries/${diary.id}`, { headers: cookie(other, origin()) })).status).toBe(404)
  })

  const ends: Record<string, (person: Person, ended: Asker) => Promise<void>> = {
    'a sign-out': (_, ended) => act(send, ended, 'POST /api/auth/sign-out'),
    'its end from another session': (person, { credentialId }) =>
      act(send, person, `DELETE /api/auth/sessions/${credentialId}`),
    'a change of the password': (person) =>
      act(send, person, 'POST /api/auth/password', { password, newPassword: 'staple battery horse' }),
  }
  test.each(Object.entries(ends))('%s cuts the open connections of a session within a second', async (_, end) => {
    const person = await signUp(send)
    const ended = await signIn(send, person)
    const before = await expectCut(person, ended, () => end(person, ended))
    expect(before).toBeLessThan(cutMsMax)
  })

  test('a revoked key cuts its open connections within a second', async () => {
    const key = await makeKey(send, owner, ['diaries:read'])
    const ms = await expectCut(owner, key, () => act(send, owner, `DELETE /api/auth/keys/${key.credentialId}`))
    expect(ms).toBeLessThan(cutMsMax)
  })

  /** The time from the request until all connections were cut, without scrypt. */
  async function expectCut({ userId }: Person, ended: Asker, end: () => Promise<void>): Promise<number> {
    const open = await openAll(send, origin(), ended, `diaries/${userId}`, ['ws-json', 'ws-cbor'])
    await end()
    const before = performance.now()
    expect(await Promise.all(open.map(({ ended: over }) => over))).toEqual(cut(open))
    expect((await send('GET /api/todos', { headers: bearer(ended) })).status).toBe(401)
    return performance.now() - before
  }

  test('events of owned rows reach their owner and no one else', async () => {
    const person = await signUp(send)
    const position = await as(person, `GET /api/topics/diaries/${person.userId}/events`)
    const { epoch } = (JSON.parse(position.text) as { position: { epoch: string } }).position
    const row = (await as(person, 'POST /api/diaries', { text: 'first' })).row
    await act(send, person, `PATCH /api/diaries/${row.id}`, { mood: 2 })
    await act(send, person, `DELETE /api/diaries/${row.id}`)
    const read = (asker: Asker, topic: string) => as(asker, `GET /api/topics/${topic}/events?after=0&epoch=${epoch}`)
    const own = await read(person, `diaries/${person.userId}`)
    expect(own.body<{ type: string }[]>().data.map(({ type }) => type)).toEqual(['created', 'updated', 'deleted'])
    for (const topic of [`diaries/${person.userId}`, 'diaries']) expect((await read(other, topic)).status).toBe(404)
  })
}
