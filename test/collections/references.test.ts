/** Lists of references: what they take, who may name which rows, and the index behind them. */
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestUser, testServer } from '../../adapters/testing/test-server.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import type { Env } from '../../src/request/context.ts'
import { createTestDatabase } from '../harness/database.ts'

const owners = collection('owners', { access: { read: 'anyone' }, fields: { name: field.text() } })
const tags = collection('tags', {
  access: { read: (who) => (who === null ? { hidden: false } : true), create: 'anyone', delete: 'anyone' },
  fields: {
    name: field.text(),
    hidden: field.boolean({ default: false, indexed: true }),
    by: field.reference('owners', { optional: true }),
  },
})
const posts = collection('posts', {
  access: 'open',
  fields: {
    title: field.text({ default: '' }),
    tags: field.references('tags', { max: 3, onDelete: 'removeFromList' }),
    related: field.references('posts'),
  },
  search: ['title'],
  routes: ({ rows, commit }) =>
    new Hono<Env>().post('/:id/lose', (c) =>
      commit(
        c,
        () => rows.update(c.req.param('id'), () => ({ related: ['0'.repeat(26)] })),
        ({ row }) => ({ status: 200, data: row }),
      ),
    ),
})
const rooms = collection('rooms', {
  access: {
    read: (who) => who !== null && { members: { $contains: who.userId } },
    create: 'signedIn',
    update: (who) => who !== null && { members: { $contains: who.userId } },
  },
  fields: { members: field.list(field.text()), guests: field.references('tags') },
})
const all = [owners, tags, posts, rooms] as const

let seed = 0
let subject: Awaited<ReturnType<typeof createTestDatabase>>
let app: Awaited<ReturnType<typeof start>>
beforeAll(async () => {
  subject = await createTestDatabase(all)
  app = await start()
})
afterAll(() => subject.remove())

async function start() {
  seed += 1
  const server = await testServer({ collections: all }, { database: subject.database, seed })
  const ask = async (line: string, body?: object, user?: TestUser) => {
    const [method = '', path = ''] = line.split(' ')
    const init = {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    }
    const response = await (user === undefined ? server.request(path, init) : user.request(path, init))
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }
  const make = async (name: string, body: object) => (await ask(`POST /api/${name}`, body)).body.data
  return { server, system: server.as('system'), ask, make }
}

/** The entries of the index of tags, as they are and as they must be. */
function index() {
  const entries = subject.connection.prepare('select * from "posts.tags.galley_references"').all()
  const expected = subject.connection
    .prepare(`select item.value as galley_target, posts.createdAt as galley_createdAt, posts.id as galley_id
      from posts, json_each(posts.tags) as item order by 1, 2, 3`)
    .all()
  return { entries, expected }
}

test('a list keeps its order, an absent one is empty, and the index follows every change', async () => {
  const { ask, make } = app
  const [a, b, c] = [
    await make('tags', { name: 'a' }),
    await make('tags', { name: 'b' }),
    await make('tags', { name: 'c' }),
  ]
  const post = await make('posts', { tags: [c.id, a.id] })
  expect(post.tags).toEqual([c.id, a.id])
  expect((await make('posts', {})).tags).toEqual([])
  for (const ids of [[a.id, c.id], [b.id], [], [a.id, b.id, c.id]]) {
    expect((await ask(`PATCH /api/posts/${post.id}`, { tags: ids })).body.data.tags).toEqual(ids)
    expect((await ask(`GET /api/posts/${post.id}`)).body.data.tags).toEqual(ids)
    const { entries, expected } = index()
    expect(entries).toEqual(expected)
  }
  const found = await ask(`GET /api/posts?filter[tags][$contains]=${b.id}&fields=tags`)
  expect(found.body.data).toEqual([{ id: post.id, tags: [a.id, b.id, c.id] }])
  expect((await ask(`DELETE /api/tags/${b.id}`)).status).toBe(204)
  const left = (await ask(`GET /api/posts/${post.id}`)).body.data
  expect(left.tags).toEqual([a.id, c.id])
  expect(left.version).toBeGreaterThan(post.version)
  await ask(`DELETE /api/posts/${post.id}`)
  const { entries, expected } = index()
  expect(entries).toEqual(expected)
})

test('the index follows SQL of the app, and no change of a row reads the entries of others', async () => {
  const { make } = app
  const { id } = await make('tags', { name: 'a' })
  const post = await make('posts', { tags: [id] })
  subject.connection.exec(`update posts set createdAt = 7, tags = json_array('${id}', 'x') where id = '${post.id}'`)
  expect(index().entries).toEqual(index().expected)
  const triggers = subject.connection
    .prepare(`select sql from sqlite_schema where type = 'trigger' and name like 'posts.tags.%'`)
    .all()
  const deletions = triggers.flatMap(({ sql }) => /DELETE FROM[^;]*/.exec(String(sql))?.[0] ?? [])
  expect(deletions).toHaveLength(3)
  for (const sql of deletions) {
    const inner = sql.replaceAll(/(old|new)\."tags"/g, `'[]'`).replaceAll(/(old|new)\."\w+"/g, '1')
    const [plan] = subject.connection.prepare(`explain query plan ${inner}`).all()
    expect(plan?.detail).toMatch(/^SEARCH .* \(galley_target=\? AND galley_createdAt=\? AND galley_id=\?\)/)
  }
  await app.ask(`DELETE /api/posts/${post.id}`)
})

test.each<[string, (id: string) => unknown, string]>([
  ['a row that is not there', () => ['0'.repeat(26)], 'there is no such tag'],
  ['one of several that is not there', (id) => [id, '0'.repeat(26)], 'there is no such tag'],
  ['a repeat', (id) => [id, id], 'must not repeat a value'],
  ['too many', () => Array.from({ length: 4 }, (_, n) => String(n).padStart(26, '0')), 'must have 3 values or fewer'],
  ['no id', () => ['x'], 'must be the id of one of tags'],
  ['null', () => null, 'must be of type array'],
  ['an id alone', (id) => id, 'must be of type array'],
  ['an object', () => ({}), 'must be of type array'],
])('a list with %s is refused, and nothing is stored', async (_, listOf, message) => {
  const { ask, make, system } = app
  const { id } = await make('tags', { name: 'a' })
  const post = await make('posts', {})
  const given = { tags: listOf(id) }
  for (const line of ['POST /api/posts', `PATCH /api/posts/${post.id}`]) {
    const { status, body } = await ask(line, given)
    expect([status, body.details?.[0]?.field.split('.')[0]]).toEqual([400, 'tags'])
    expect(body.error).toContain(message)
  }
  await expect(system.collection(posts).create(given as { tags: string[] })).rejects.toMatchObject({ status: 400 })
  expect((await ask(`GET /api/posts/${post.id}`)).body.data).toEqual(post)
})

test('a client names only rows that it may read, but keeps those that the list has already', async () => {
  const { ask, make, system } = app
  const secret = await system.collection(tags).create({ name: 'secret', hidden: true })
  const other = await system.collection(tags).create({ name: 'other', hidden: true })
  const open = await make('tags', { name: 'open' })
  expect((await ask('POST /api/posts', { tags: [secret.id] })).body.error).toContain('there is no such tag')
  const post = await system.collection(posts).create({ tags: [secret.id] })
  expect((await ask(`PATCH /api/posts/${post.id}`, { tags: [open.id, secret.id] })).status).toBe(200)
  expect((await ask(`PATCH /api/posts/${post.id}`, { tags: [open.id, other.id] })).status).toBe(400)
  expect((await ask(`GET /api/posts/${post.id}?expand=tags`)).body.data.expand).toEqual({ tags: [open] })
})

test('expand gives arrays of rows in the order of the list, with one statement for each reference', async () => {
  const { ask, make, system } = app
  const owner = await system.collection(owners).create({ name: 'Ann' })
  const a = await system.collection(tags).create({ name: 'a', by: owner.id })
  const b = await make('tags', { name: 'b' })
  const first = await make('posts', { tags: [b.id, a.id] })
  const second = await make('posts', { tags: [a.id], related: [first.id] })
  const path = `/api/posts?filter[tags][$contains]=${a.id}&expand=tags.by,related`
  const [one, two] = (await ask(`GET ${path}`)).body.data
  const expandedA = { ...a, expand: { by: owner } }
  expect(one.expand).toEqual({ tags: [b, expandedA], related: [] })
  expect(two.expand).toEqual({ tags: [expandedA], related: [first] })
  const row = await system.collection(posts).get(second.id, ['tags'])
  expect(row.expand?.tags?.map(({ name }) => name)).toEqual(['a'])
  const { rows } = await system.collection(posts).list({ filter: { tags: { $contains: b.id } } })
  expect(rows.map(({ id }) => id)).toEqual([first.id])
})

test('rows that are referred to by a list restrict a deletion by default, and a row may be in its own list', async () => {
  const { ask, make } = app
  const first = await make('posts', {})
  const second = await make('posts', { related: [first.id] })
  expect((await ask(`DELETE /api/posts/${first.id}`)).body.error).toBe('A row of posts still refers to it.')
  await ask(`PATCH /api/posts/${second.id}`, { related: [second.id] })
  for (const { id } of [first, second]) expect((await ask(`DELETE /api/posts/${id}`)).status).toBe(204)
})

test('searches, aggregates and groups take a list of references, and a change by a function is checked too', async () => {
  const { ask, make } = app
  const [a, b] = [await make('tags', { name: 'a' }), await make('tags', { name: 'b' })]
  const first = await make('posts', { title: 'green bees', tags: [a.id] })
  const second = await make('posts', { title: 'green ants', tags: [a.id, b.id] })
  const idsOf = async (query: string) =>
    new Set((await ask(`GET /api/posts?${query}`)).body.data.map(({ id }: { id: string }) => id))
  expect(await idsOf(`search=green&filter[tags][$contains]=${b.id}`)).toEqual(new Set([second.id]))
  expect(await idsOf(`search=bees&filter[tags][$contains]=${b.id}`)).toEqual(new Set())
  const both = new Set([first.id, second.id])
  expect(await idsOf(`filter[$or][0][tags][$contains]=${b.id}&filter[$or][1][id]=${first.id}`)).toEqual(both)
  const counted = await ask(`GET /api/posts/aggregate?max=createdAt&filter[tags][$contains]=${a.id}`)
  expect(counted.body.data).toEqual([{ count: 2, max: { createdAt: second.createdAt } }])
  for (const query of ['sort=tags', 'filter[tags]=x', 'filter[tags][$eq]=x', 'filter[tags][$null]=true'])
    expect((await ask(`GET /api/posts?${query}`)).status).toBe(400)
  const lost = await ask(`POST /api/posts/${first.id}/lose`)
  expect([lost.status, lost.body.error]).toEqual([400, 'related: there is no such post'])
})

test('a rule allows the rows whose list contains a value', async () => {
  const { ask, server } = app
  const [ann, ben] = [await server.signUp('ann@example.com'), await server.signUp('ben@example.com')]
  const room = (await ask('POST /api/rooms', { members: [ann.identity.userId] }, ann)).body.data
  expect((await ask('GET /api/rooms', undefined, ann)).body.data).toEqual([room])
  expect((await ask('GET /api/rooms', undefined, ben)).body.data).toEqual([])
  expect((await ask(`PATCH /api/rooms/${room.id}`, { members: [] }, ben)).status).toBe(404)
  expect((await ask(`PATCH /api/rooms/${room.id}`, { members: [] }, ann)).status).toBe(403)
  const both = [ann.identity.userId, ben.identity.userId]
  expect((await ask(`PATCH /api/rooms/${room.id}`, { members: both }, ann)).status).toBe(200)
  expect((await ask('GET /api/rooms', undefined, ben)).body.data).toHaveLength(1)
})

test('a row that is restored lacks the rows of its list that are gone', async () => {
  const people = collection('people', { access: 'open', fields: {} })
  const teams = collection('teams', {
    access: 'open',
    fields: { members: field.references('people', { onDelete: 'removeFromList' }), rows: field.references('people') },
    softDelete: true,
  })
  const server = await testServer({ collections: [people, teams] })
  const [peopleOf, teamsOf] = [server.as('system').collection(people), server.as('system').collection(teams)]
  const [a, b] = [await peopleOf.create({}), await peopleOf.create({})]
  const first = await teamsOf.create({ members: [a.id, b.id], rows: [b.id] })
  const second = await teamsOf.create({ rows: [a.id] })
  for (const { id } of [first, second]) await teamsOf.delete(id)
  await peopleOf.delete(a.id)
  const restore = (id: string) => server.request(`/api/teams/trash/${id}/restore`, { method: 'POST' })
  const restored = await restore(first.id)
  expect([restored.status, (await teamsOf.get(first.id)).members]).toEqual([200, [b.id]])
  expect((await restore(second.id)).status).toBe(400)
  await server.stop()
})
