/** Each migration by its effect, as the API shows it afterwards. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { run, statement } from '../../src/database/steps.ts'
import { change } from '../../src/migrations/change.ts'
import { rename } from '../../src/migrations/rename.ts'
import { sql } from '../../src/migrations/sql.ts'
import { notes, startApp, stored, useDatabase } from './world.ts'

useDatabase()

const text = field.text({ max: 100, indexed: true })

test('a renamed field keeps its values, indexes and search', async () => {
  const before = notes({ userid: text, title: text }, { search: ['userid'], indexes: [['userid', 'title']] })
  await (await startApp([before])).as('system').collection(before).create({ userid: 'ann', title: 'milk' })
  const after = notes({ userId: text, title: text }, { search: ['userId'], indexes: [['userId', 'title']] })
  const app = await startApp([after], [rename('notes', 'userid', 'userId')])
  const list = app.as('system').collection(after)
  expect((await list.list({ filter: { userId: 'ann' } })).rows).toMatchObject([{ userId: 'ann', title: 'milk' }])
  expect((await list.list({ search: 'ann' })).rows).toHaveLength(1)
  const indexes = stored("select name from sqlite_schema where type = 'index' and name like 'notes.%'")
  expect(indexes.map(({ name }) => String(name)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'notes.createdAt',
    'notes.title',
    'notes.userId',
    'notes.userId.title',
  ])
  expect(stored("select field from galley_fields where collection = 'notes'").map(({ field }) => field)).toEqual([
    'title',
    'userId',
  ])
})

test('a renamed collection keeps rows, references, events and the scopes of keys', async () => {
  const authors = notes({ name: field.text({ unique: true }) }, { search: ['name'] }, 'writers')
  const books = (target: string) =>
    notes({ author: field.reference(target), self: field.reference('books', { optional: true }) }, {}, 'books')
  const first = await startApp([authors, books('writers')])
  const { id } = await first.as('system').collection(authors).create({ name: 'Austen' })
  await first.as('system').collection(books('writers')).create({ author: id })
  const user = await first.signUp('ann@example.com')
  const key = await user.request('/api/auth/keys', {
    method: 'POST',
    body: '{"name":"k","scopes":["writers:read","books:write"]}',
  })
  expect(key.status).toBe(201)
  const after = notes({ name: field.text({ unique: true }) }, { search: ['name'] }, 'authors')
  const app = await startApp([after, books('authors')], [rename('writers', 'authors')])
  const all = app.as('system')
  expect((await all.collection(after).list({ search: 'aust' })).rows).toMatchObject([{ id, name: 'Austen' }])
  expect((await all.collection(books('authors')).list({ expand: ['author'] })).rows).toMatchObject([
    { expand: { author: { name: 'Austen' } } },
  ])
  await expect(all.collection(after).create({ name: 'Austen' })).rejects.toThrow('taken')
  expect(stored("select topic, type from galley_events where topic <> 'books'")).toEqual([
    { topic: 'authors', type: 'created' },
  ])
  expect(stored('select scopes from galley_keys')).toEqual([{ scopes: '["authors:read","books:write"]' }])
  expect(stored("select name from sqlite_schema where name like 'writers%'")).toEqual([])
})

test('lists of references keep their rows and their index when a field, their target and their collection are renamed', async () => {
  const tags = (name: string) => notes({ name: text }, {}, name)
  const before = notes({ tags: field.references('tags') })
  const first = (await startApp([before, tags('tags')])).as('system')
  const { id } = await first.collection(tags('tags')).create({ name: 'urgent' })
  await first.collection(before).create({ tags: [id] })
  const after = notes({ labels: field.references('labels') }, {}, 'memos')
  const app = await startApp(
    [after, tags('labels')],
    [rename('tags', 'labels'), rename('notes', 'tags', 'labels'), rename('notes', 'memos')],
  )
  const list = await app
    .as('system')
    .collection(after)
    .list({ filter: { labels: { $contains: id } }, expand: ['labels'] })
  expect(list.rows).toMatchObject([{ labels: [id], expand: { labels: [{ name: 'urgent' }] } }])
  expect(stored("select name from sqlite_schema where name like 'notes%' or name like 'tags%'")).toEqual([])
})

test('an endpoint of webhooks goes on receiving the events of a renamed collection', async () => {
  const memos = notes({ title: text }, {}, 'memos')
  await startApp([memos])
  stored(`insert into galley_webhooks (id, url, description, events, secret, createdAt)
    values ('1', 'https://example.com', '', '["memos.created","memo.*","memos.*"]', 's', 0)`)
  await startApp([notes({ title: text })], [rename('memos', 'notes')])
  expect(stored('select events from galley_webhooks')).toEqual([{ events: '["notes.created","memo.*","notes.*"]' }])
})

test('the topics of a renamed collection are renamed with its audiences, and no other', async () => {
  const rooms = (name: string) => notes({ room: text }, { audience: 'room' }, name)
  const other = rooms('memo')
  const first = await startApp([rooms('memos'), other, rooms('memos2')])
  for (const each of [rooms('memos'), other, rooms('memos2')])
    await first.as('system').collection(each).create({ room: 'B12' })
  await startApp([rooms('notes'), other, rooms('memos2')], [rename('memos', 'notes')])
  expect(stored('select topic from galley_events').map(({ topic }) => topic)).toEqual([
    'memo/B12',
    'memos2/B12',
    'notes/B12',
  ])
})

test('change converts values by a function of the value and the row as the API gave them', async () => {
  const fields = {
    done: field.boolean(),
    at: field.timestamp(),
    tags: field.list(field.text()),
    data: field.json(z.unknown()),
  }
  const before = notes({ ...fields, priority: field.text({ optional: true, indexed: true }) }, { search: ['priority'] })
  const list = (await startApp([before])).as('system').collection(before)
  const row = { done: true, at: '2027-01-01T00:00:00.000Z', tags: ['a'], data: { b: [null] } }
  await list.create({ ...row, priority: 'high' })
  await list.create({ ...row, priority: null })
  const seen: unknown[] = []
  const priority = field.integer({ optional: true, indexed: true })
  const migrations = [
    change('notes', 'priority', priority, (value, { id: _id, createdAt: _createdAt, version: _version, ...rest }) => {
      seen.push(value, rest)
      return value === 'high' ? 3 : null
    }),
  ]
  const after = notes({ ...fields, priority })
  const app = await startApp([after], migrations)
  expect(seen).toEqual(['high', { ...row, priority: 'high' }, null, { ...row, priority: null }])
  expect(
    (
      await app
        .as('system')
        .collection(after)
        .list({ filter: { priority: 3 } })
    ).rows,
  ).toMatchObject([{ priority: 3 }])
  expect(stored('select priority, typeof(priority) as type from notes order by id')).toEqual([
    { priority: 3, type: 'integer' },
    { priority: null, type: 'null' },
  ])
})

test('change fills a new field, also a required and a unique one', async () => {
  const before = notes({ title: field.text() })
  const list = (await startApp([before])).as('system').collection(before)
  for (let n = 0; n < 250; n += 1) await list.create({ title: `Title ${n}` })
  const after = notes({ title: field.text(), slug: field.text({ unique: true }) })
  const slug = change('notes', 'slug', field.text(), (_, row) => String(row.title).toLowerCase().replaceAll(' ', '-'))
  const app = await startApp([after], [slug])
  expect(
    (
      await app
        .as('system')
        .collection(after)
        .list({ filter: { slug: 'title-249' } })
    ).rows,
  ).toHaveLength(1)
})

test('change converts values by an expression of SQL', async () => {
  const before = notes({ cents: field.integer() })
  await (await startApp([before])).as('system').collection(before).create({ cents: 150 })
  const after = notes({ price: field.number() })
  const app = await startApp(
    [after],
    [rename('notes', 'cents', 'price'), change('notes', 'price', field.number(), 'price / 100.0')],
  )
  expect((await app.as('system').collection(after).list()).rows).toMatchObject([{ price: 1.5 }])
})

test('a long text of many rows is converted in portions', async () => {
  const before = notes({ body: field.text({ max: 200_000 }) })
  const list = (await startApp([before])).as('system').collection(before)
  for (let n = 0; n < 5; n += 1) await list.create({ body: `${n}`.repeat(150_000) })
  const after = notes({ body: field.json(z.string(), { max: 200_000 }) })
  const app = await startApp(
    [after],
    [change('notes', 'body', after.fields.body, (value) => String(value).toUpperCase())],
  )
  expect((await app.as('system').collection(after).list()).rows.map(({ body }) => body.length)).toEqual(
    Array(5).fill(150_000),
  )
})

test('SQL runs as one text, as several, and as steps that read and decide', async () => {
  const before = notes({ title: field.text() })
  await (await startApp([before])).as('system').collection(before).create({ title: 'a;b' })
  const app = await startApp(
    [before],
    [
      sql('add', "update notes set title = title || ' -- ; '"),
      sql('trim', [
        "update notes set title = trim(title, ' -;')",
        "update notes set title = upper(title) where title like 'a%'",
      ]),
      sql('steps', function* () {
        const [row] = yield* run(statement('select count(*) as n from notes'))
        yield [statement('update notes set title = title || ?', String(row?.n))]
      }),
    ],
  )
  expect((await app.as('system').collection(before).list()).rows).toMatchObject([{ title: 'A;B1' }])
})

test.each(['', ' ', 'delete from a; delete from b', "select ';'; select 1", '/* ; */'])(
  'the SQL %j is refused',
  (text) => {
    expect(() => sql('name', text)).toThrow(TypeError)
  },
)

test.each(['select 1;', "select ';' -- ; x", 'create trigger t after insert on a begin select 1; select 2; end'])(
  'the SQL %j is one statement',
  (text) => {
    expect(() => sql('name', text)).not.toThrow()
  },
)

test('caches and followers of changed rows load them again', async () => {
  const before = notes({ a: field.text() })
  const kept = collection('kept', { access: 'open', keepEventData: true, fields: { a: field.text() } })
  const first = await startApp([before, kept])
  const row = await first.as('system').collection(before).create({ a: '1' })
  await first.as('system').collection(kept).create({ a: '1' })
  const position = `epoch=${(await read(await first.request('/api/topics/notes/events'))).position.epoch}&after=1`
  const etag = { 'If-None-Match': `"${row.version}"` }
  const migrations = [rename('notes', 'a', 'b'), rename('kept', 'a', 'b')]
  const app = await startApp(
    [
      notes({ b: field.text() }),
      collection('kept', { access: 'open', keepEventData: true, fields: { b: field.text() } }),
    ],
    migrations,
  )
  expect((await app.request(`/api/notes/${row.id}`, { headers: etag })).status).toBe(200)
  expect((await app.request(`/api/topics/notes/events?${position}`)).status).toBe(410)
  const list = await read(await app.request('/api/notes'))
  expect(list.position.offset).toBe(2)
  const made = await app.request('/api/notes', { method: 'POST', body: '{"b":"2"}' })
  expect(made.status).toBe(201)
  const after = `epoch=${list.position.epoch}&after=${list.position.offset}`
  expect((await read(await app.request(`/api/topics/notes/events?${after}`))).data).toMatchObject([
    { data: { b: '2' } },
  ])
  expect(stored("select type from galley_events where topic = 'kept'")).toEqual([{ type: 'created' }])
})

async function read(response: Response) {
  return (await response.json()) as { data: object[]; position: { epoch: string; offset: number } }
}

test('the trash and the history of a renamed collection and field follow', async () => {
  const more = { softDelete: true, history: true } as const
  const before = notes({ txt: field.text() }, more)
  const list = (await startApp([before])).as('system').collection(before)
  const { id } = await list.create({ txt: 'a' })
  await list.delete(id)
  await startApp(
    [notes({ text: field.text() }, more, 'pages')],
    [rename('notes', 'pages'), rename('pages', 'txt', 'text')],
  )
  expect(stored("select collection, row ->> 'text' as text, row ->> 'txt' as txt from galley_trash")).toEqual([
    { collection: 'pages', text: 'a', txt: null },
  ])
  expect(stored('select distinct collection from galley_history')).toEqual([{ collection: 'pages' }])
})

test('a field is changed in the trash too, where its new value is valid', async () => {
  const more = { softDelete: true } as const
  const before = notes(
    { price: field.text(), isNew: field.boolean(), at: field.timestamp(), tags: field.list(field.text()) },
    more,
  )
  const list = (await startApp([before])).as('system').collection(before)
  const rest = { isNew: true, at: '2027-01-04T09:00:00.000Z', tags: ['a', 'b'] }
  for (const price of ['4', 'much']) await list.delete((await list.create({ price, ...rest })).id)
  const after = notes(
    { price: field.integer(), isNew: field.text(), at: field.timestamp(), tags: field.integer(), sum: field.number() },
    more,
  )
  const app = await startApp(
    [after],
    [
      change('notes', 'price', field.integer(), (value) => Number(value)),
      change('notes', 'sum', field.number(), 'price * 2.5 + isNew + "at" % 1000'),
      change('notes', 'isNew', field.text(), (value) => (value === true ? 'yes' : 'no')),
      change('notes', 'tags', field.integer(), 'json_array_length(notes.tags)'),
    ],
  )
  const { trash } = app.as('system').collection(after)
  const { entries } = await trash.list()
  const shown = { isNew: 'yes', at: rest.at, tags: 2 }
  expect(entries.map(({ row }) => row)).toMatchObject([
    { price: 'much', ...shown },
    { price: 4, sum: 11, ...shown },
  ])
  expect(await trash.restore(entries[1]?.row.id ?? '')).toMatchObject({ price: 4, sum: 11, ...shown })
  await expect(trash.restore(entries[0]?.row.id ?? '')).rejects.toMatchObject({ code: 'validation_failed' })
})
