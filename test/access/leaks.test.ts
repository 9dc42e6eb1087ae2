/** Indirect ways to learn about rows that a caller may not read. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reply, Row } from '../conformance/http.ts'
import { type Asker, act, bearer, makeKey, nobody, type Person, signUp, signUpAs } from './people.ts'
import { observedReply } from './request-transports.ts'
import { server } from './server.ts'
import { newId, noId as none, startWorld, type World } from './world.ts'

let world: World
let root: Person
let owner: Person
let other: Person
let editor: Person

beforeAll(async () => {
  world = await startWorld(server)
  root = await signUp(world.send, { code: world.administratorCode })
  owner = await signUp(world.send)
  other = await signUp(world.send)
  editor = await signUpAs(world.send, root, 'editor')
})
afterAll(async () => {
  await world.stop()
  expect(world.problems).toEqual([])
})

const as = (asker: Asker, line: string, headers: Record<string, string> = {}, body?: unknown): Promise<Reply> =>
  world.send(line, { headers: { ...bearer(asker), ...headers }, ...(body !== undefined && { body }) })

async function make(asker: Asker, name: string, body: object): Promise<Row> {
  const reply = await as(asker, `POST /api/${name}`, {}, body)
  expect(reply.status, reply.text).toBe(201)
  return reply.row
}

interface Page {
  data: Row[]
  next: string | null
  count?: number
  position?: { epoch: string; offset: number }
}

async function list(asker: Asker, path: string): Promise<Page> {
  const reply = await as(asker, `GET /api/${path}`)
  expect(reply.status, reply.text).toBe(200)
  return JSON.parse(reply.text) as Page
}

describe('lists', () => {
  let mine: Row
  beforeAll(async () => {
    for (const mood of [1, 5, 9]) await make(owner, 'diaries', { text: `hidden ${mood}`, mood })
    mine = await make(other, 'diaries', { text: 'seen', mood: 4 })
  })

  const queries = [
    'count=true',
    'count=true&filter[mood][$gte]=5',
    'count=true&filter[text][$startsWith]=hidden',
    'count=true&filter[mood][$in]=1&filter[mood][$in]=9',
    'count=true&sort=mood',
    'count=true&sort=-mood,text',
    'count=true&limit=1&sort=text',
  ]
  test.each(queries)('%s: rows, their number and further pages reveal no hidden rows', async (query) => {
    const { data, next, count } = await list(other, `diaries?${query}`)
    const own = query.includes('filter') ? 0 : 1
    expect(data.map(({ id }) => id)).toEqual(own === 1 ? [mine.id] : [])
    expect({ next, count }).toEqual({ next: null, count: own })
  })

  test('filter[owner] of another user finds nothing', async () => {
    const { data, count } = await list(other, `diaries?count=true&filter[owner][$eq]=${owner.userId}`)
    expect({ data, count }).toEqual({ data: [], count: 0 })
  })

  test("another user's cursor shows only the caller's rows", async () => {
    const { next } = await list(owner, 'diaries?limit=1&sort=-mood')
    const { data } = await list(other, `diaries?limit=1&sort=-mood&cursor=${next}`)
    expect(data.map(({ id }) => id)).toEqual([mine.id])
    expect((await as(nobody, `GET /api/diaries?limit=1&sort=-mood&cursor=${next}`)).status).toBe(401)
  })

  test('a forged cursor finds no more', async () => {
    const cursor = btoa(JSON.stringify(['mood,createdAt,id', -1, 0, ''])).replaceAll('=', '')
    const reply = await as(other, `GET /api/diaries?sort=mood&cursor=${cursor}`)
    if (reply.status === 200) expect(reply.rows.map(({ id }) => id)).toEqual([mine.id])
    else expect(reply.status).toBe(400)
  })

  test("the position is that of the topic of one's own rows", async () => {
    const fresh = await signUp(world.send)
    expect((await list(fresh, 'diaries')).position?.offset).toBe(0)
    const ofOthers = await list(fresh, `diaries?filter[owner][$eq]=${owner.userId}`)
    expect(ofOthers.position?.offset ?? 0).toBe(0)
  })

  test('the position of a list without a feed does not reveal changes of hidden rows', async () => {
    const before = await list(other, 'drafts')
    await make(owner, 'drafts', { text: 'unseen' })
    const after = await list(other, 'drafts')
    expect(after.position?.offset ?? 0).toBe(before.position?.offset ?? 0)
  })

  test('the position of an unreadable partition is not reported', async () => {
    await make(editor, 'lines', { room: 'editor', text: 'unseen' })
    const { position } = await list(other, 'lines?filter[room][$eq]=editor')
    expect(position?.offset ?? 0).toBe(0)
  })
})

describe('a hidden row', () => {
  let hidden: Row
  beforeAll(async () => {
    hidden = await make(owner, 'diaries', { text: 'hidden', code: newId() })
  })
  const tag = () => `"${hidden.version}"`

  const probes: [string, string, () => Record<string, string>, unknown?][] = [
    ['GET with If-None-Match', 'GET', () => ({ 'If-None-Match': tag() })],
    ['GET with If-None-Match: *', 'GET', () => ({ 'If-None-Match': '*' })],
    ['PATCH with the right If-Match', 'PATCH', () => ({ 'If-Match': tag() }), { mood: 1 }],
    ['PATCH with a wrong If-Match', 'PATCH', () => ({ 'If-Match': '"1"' }), { mood: 1 }],
    ['PUT with If-Match: *', 'PUT', () => ({ 'If-Match': '*' }), { mood: 1 }],
    ['DELETE with a wrong If-Match', 'DELETE', () => ({ 'If-Match': '"1"' })],
    ['DELETE with the right If-Match', 'DELETE', () => ({ 'If-Match': tag() })],
    ['a change that is not valid', 'PATCH', () => ({}), { mood: 'high' }],
    ['a change of nothing', 'PATCH', () => ({}), {}],
    ['no JSON', 'PATCH', () => ({}), '{'],
    ['a method that is not there', 'POST', () => ({}), {}],
    ['a change with a key', 'PATCH', () => ({ 'Idempotency-Key': 'probe-it' }), { mood: 1 }],
  ]
  test.each(probes)('%s is answered as if it did not exist', async (_, method, headers, body) => {
    const observed = observedReply(await as(other, `${method} /api/diaries/${hidden.id}`, headers(), body))
    expect(observed).toEqual(observedReply(await as(other, `${method} /api/diaries/${none}`, headers(), body)))
    expect(observed.status).not.toBe(200)
  })

  test('a reference to it is refused as one to nothing is', async () => {
    const refer = async (diary: string) => observedReply(await as(other, 'POST /api/links', {}, { diary }))
    expect(await refer(hidden.id)).toEqual(await refer(none))
    const own = await make(other, 'links', { diary: (await make(other, 'diaries', { text: 'own' })).id })
    const change = async (diary: string) => observedReply(await as(other, `PATCH /api/links/${own.id}`, {}, { diary }))
    expect(await change(hidden.id)).toEqual(await change(none))
    expect((await change(hidden.id)).status).toBe(400)
  })

  test("PUT under its id neither changes it nor shows anything of it; that the id is taken can't be hidden", async () => {
    const reply = await as(other, `PUT /api/diaries/${hidden.id}`, { 'If-None-Match': '*' }, { text: 'mine now' })
    expect(reply.status).toBe(412)
    expect(reply.text).not.toContain('hidden"')
    expect((await as(owner, `GET /api/diaries/${hidden.id}`)).row).toEqual(hidden)
  })

  test('a conflict of a unique value shows nothing of the other row', async () => {
    const reply = await as(other, 'POST /api/diaries', {}, { text: 'other', code: hidden.code })
    expect(reply.status).toBe(409)
    expect(reply.text).not.toContain(hidden.id)
    expect(reply.text).not.toContain(owner.userId)
    const others = await make(other, 'diaries', { text: 'other' })
    expect((await as(other, `PATCH /api/diaries/${others.id}`, {}, { code: hidden.code })).status).toBe(409)
  })

  test('the owner can not be set', async () => {
    const taken = await as(other, 'POST /api/diaries', {}, { text: 'planted', owner: owner.userId })
    if (taken.status === 201) expect(taken.row.owner).toBe(other.userId)
    else expect(taken.status).toBe(400)
    await as(owner, `PATCH /api/diaries/${hidden.id}`, {}, { owner: other.userId, id: none })
    expect((await as(owner, `GET /api/diaries/${hidden.id}`)).row.owner).toBe(owner.userId)
  })
})

describe('changes to an account', () => {
  test('is not moved to where they may put nothing', async () => {
    const line = await make(editor, 'lines', { room: 'editor', text: 'moving' })
    const reply = await as(editor, `PATCH /api/lines/${line.id}`, {}, { room: 'vip' })
    expect(reply.status).toBe(403)
    expect((await as(root, `GET /api/lines/${line.id}`)).row.room).toBe('editor')
  })

  test('is not made where they may put nothing, under no id either', async () => {
    const body = { room: 'vip', text: 'planted' }
    expect((await as(editor, 'POST /api/lines', {}, body)).status).toBe(403)
    expect((await as(editor, `PUT /api/lines/${newId()}`, { 'If-None-Match': '*' }, body)).status).toBe(403)
  })
})

describe('rows of anonymous clients', () => {
  test('have no owner: neither their creator nor a signed-in user sees them', async () => {
    const { id } = await make(nobody, 'sealed', { text: 'anonymous' })
    expect((await as(nobody, `GET /api/sealed/${id}`)).status).toBe(401)
    expect((await as(other, `GET /api/sealed/${id}`)).status).toBe(403)
  })
})

describe('an Idempotency-Key', () => {
  const keyed = () => ({ 'Idempotency-Key': crypto.randomUUID() })

  test("of one is another's own: the same key and body makes a row for each", async () => {
    const headers = keyed()
    const body = { text: 'the same' }
    const [first, second] = [
      await as(owner, 'POST /api/diaries', headers, body),
      await as(other, 'POST /api/diaries', headers, body),
    ]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.row.id).not.toBe(first.row.id)
    expect(second.row.owner).toBe(other.userId)
    expect(second.header('idempotency-replayed')).toBe('')
    expect((await as(nobody, 'POST /api/diaries', headers, body)).status).toBe(401)
  })

  test('replays nothing to a key of the same user that may not do it', async () => {
    const headers = keyed()
    const body = { text: 'once' }
    expect((await as(owner, 'POST /api/diaries', headers, body)).status).toBe(201)
    for (const scopes of [['diaries:read'], ['elsewhere:write']]) {
      const reply = await as(await makeKey(world.send, owner, scopes), 'POST /api/diaries', headers, body)
      expect(reply.status).toBe(403)
    }
  })

  test('replays nothing once the right is lost', async () => {
    const person = await signUpAs(world.send, root, 'editor')
    const headers = keyed()
    expect((await as(person, 'POST /api/reports', headers, { text: 'once' })).status).toBe(201)
    await act(world.send, root, `PATCH /api/admin/users/${person.userId}`, { role: 'user' })
    expect((await as(person, 'POST /api/reports', headers, { text: 'once' })).status).toBe(403)
  })
})

describe('public routes', () => {
  test('the description of the API has no data, and is the same for all', async () => {
    const texts = await Promise.all(
      [nobody, other, root].map(async (asker) => (await as(asker, 'GET /openapi.json')).text),
    )
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).not.toContain(owner.userId)
  })

  test('OPTIONS lists the methods, whether or not the row exists', async () => {
    const { id } = await make(owner, 'diaries', { text: 'hidden' })
    for (const start of ['/api/diaries', '/api/v1/diaries'])
      expect(observedReply(await as(nobody, `OPTIONS ${start}/${id}`))).toEqual(
        observedReply(await as(nobody, `OPTIONS ${start}/${none}`)),
      )
  })

  test("responses with a user's own data are not for shared caches", async () => {
    const { id } = await make(owner, 'diaries', { text: 'hidden' })
    for (const line of [`GET /api/diaries/${id}`, 'GET /api/diaries', 'GET /api/auth/me'])
      expect((await as(owner, line)).header('cache-control'), line).toMatch(/private|no-store/)
  })
})

describe('references from rows of others', () => {
  test("can't be deleted, which reveals that a hidden row refers to it, but not which", async () => {
    const diary = await make(owner, 'diaries', { text: 'named' })
    const link = await make(root, 'links', { diary: diary.id, label: 'hidden label' })
    const reply = await as(owner, `DELETE /api/diaries/${diary.id}`)
    expect(reply.status).toBe(409)
    for (const text of [link.id, root.userId, 'hidden label']) expect(reply.text).not.toContain(text)
  })
})
