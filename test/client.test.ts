/** Hono's typed client over the fixture: the types come from the declarations alone. */
import { hc } from 'hono/client'
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import type { server } from './fixtures/server.ts'
import { type RunningProcess, startProcess } from './harness/server.ts'

const connect = (url: string) => hc<ReturnType<typeof server>>(url)

let running: RunningProcess
let api: ReturnType<typeof connect>['api']
beforeAll(async () => {
  running = await startProcess({ runtime: 'node', entry: 'test/fixtures/node.ts' })
  api = connect(running.url).api
})
afterAll(() => running.stop())

interface Todo {
  id: string
  createdAt: string
  version: number
  title: string
  completed: boolean
}

test('the typed client creates, reads, changes, lists and deletes todos', async () => {
  const created = await api.todos.$post({ json: { title: 'typed' } })
  const { data } = await created.json()
  expectTypeOf(data).toEqualTypeOf<Todo>()
  expect(data).toMatchObject({ title: 'typed', completed: false })

  const param = { id: data.id }
  const changed = await (await api.todos[':id'].$patch({ param, json: { completed: true } })).json()
  expectTypeOf(changed.data).toEqualTypeOf<Todo>()
  expect(changed.data.completed).toBe(true)
  expect((await (await api.todos[':id'].$get({ param })).json()).data).toEqual(changed.data)

  const page = await (await api.todos.$get({ query: { limit: '10', 'filter[title]': 'typed' } })).json()
  expectTypeOf(page.data).toEqualTypeOf<Todo[]>()
  expectTypeOf(page.next).toEqualTypeOf<string | null>()
  expect(page.data).toEqual([changed.data])

  expect((await api.todos[':id'].$delete({ param })).status).toBe(204)
})

test('the typed client has the input and output types of each kind of field', async () => {
  type Create = Parameters<typeof api.books.$post>[0]['json']
  expectTypeOf<Create>().toEqualTypeOf<{
    title: string
    isbn: string
    author: string
    subtitle?: string | null | undefined
    copies?: number | undefined
    price?: number | undefined
    format?: 'paper' | 'ebook' | 'audio' | undefined
    publishedAt?: string | null | undefined
    released?: string | undefined
    tags?: string[] | undefined
    shelf?: number | null | undefined
    place?: number | null | undefined
    size?: { pages: number; volumes?: number | undefined } | null | undefined
  }>()
  const author = (await (await api.authors.$post({ json: { name: 'Ada' } })).json()).data
  expectTypeOf(author.born).toEqualTypeOf<string | null>()
  const created = await api.books.$post({ json: { title: 'Typed', isbn: 'typed', author: author.id, format: 'ebook' } })
  const book = (await created.json()).data
  expectTypeOf(book.format).toEqualTypeOf<'paper' | 'ebook' | 'audio'>()
  expectTypeOf(book.subtitle).toEqualTypeOf<string | null>()
  expectTypeOf(book.tags).toEqualTypeOf<string[]>()
  expectTypeOf(book.released).toEqualTypeOf<string>()
  expectTypeOf(book.copies).toEqualTypeOf<number>()
  expect(book).toMatchObject({ format: 'ebook', subtitle: null, tags: [], copies: 1 })
})

test('the typed client has the custom routes', async () => {
  const author = (await (await api.authors.$post({ json: { name: 'Grace' } })).json()).data
  const created = await api.books.$post({ json: { title: 'Lent', isbn: 'lent', author: author.id } })
  const { id } = (await created.json()).data
  expect((await api.books[':id'].lend.$post({ param: { id } })).status).toBe(200)
  const stats = await (await api.books.stats.$get()).json()
  expectTypeOf(stats.data).toEqualTypeOf<{ titles: number; copies: number }>()
  expect(stats.data.titles).toBeGreaterThan(0)
})

test('the typed client has the routes of the app', async () => {
  const { reports } = connect(running.url)
  const counted = await (await reports.books.$get()).json()
  expectTypeOf(counted.data).toEqualTypeOf<{ books: number }>()
  expect(counted.data.books).toBeGreaterThan(0)
  const author = (await (await api.authors.$post({ json: { name: 'Mary' } })).json()).data
  const created = await api.books.$post({ json: { title: 'Own', isbn: 'own', author: author.id } })
  const { id } = (await created.json()).data
  const book = await (await reports.books[':id'].$get({ param: { id } })).json()
  expectTypeOf(book.data).toEqualTypeOf<{ title: string; copies: number }>()
  expect(book.data.title).toBe('Own')
  const restocked = await (await reports.books[':id'].restock.$post({ param: { id } })).json()
  expectTypeOf(restocked.data.copies).toEqualTypeOf<number>()
  expect(restocked.data).toEqual({ copies: 1000 })
})

test('the typed client refuses undeclared fields and routes', () => {
  expectTypeOf<Parameters<typeof api.todos.$post>[0]>().not.toExtend<{ json: { title: number } }>()
  expectTypeOf(api).not.toHaveProperty('nothing')
  // @ts-expect-error: a todo needs a title
  const untitled: Parameters<typeof api.todos.$post>[0] = { json: {} }
  // @ts-expect-error: there is no such choice
  const scroll: Parameters<(typeof api.books)[':id']['$patch']>[0] = { param: { id: '' }, json: { format: 'scroll' } }
  expect([untitled, scroll]).toHaveLength(2)
})

test('the typed client refuses a misspelled field in a sort or a filter', () => {
  type Query = NonNullable<NonNullable<Parameters<typeof api.books.$get>[0]>['query']>
  const right: Query[] = [
    { sort: '-title,copies', fields: 'title,copies' },
    { 'filter[copies][$between]': ['1', '2'], 'filter[tags][$contains]': 'sea' },
    { 'filter[$or][0][copies]': '1', 'filter[$or][1][title][$ne]': 'x' },
  ]
  const wrong: Query[] = [
    // @ts-expect-error: there is no such field
    { sort: 'titel' },
    // @ts-expect-error: there is no such field
    { 'filter[titel]': 'x' },
    // @ts-expect-error: there is no such field
    { fields: 'titel' },
    // @ts-expect-error: there is no such operator
    { 'filter[title][$like]': 'x' },
  ]
  expect([right, wrong]).toHaveLength(2)
})

test('the typed client has accounts, administration and topics', async () => {
  const { auth, admin, topics } = api
  type SignUp = Parameters<(typeof auth)['sign-up']['$post']>[0]['json']
  expectTypeOf<SignUp>().toEqualTypeOf<{
    email: string
    password?: string | undefined
    token?: boolean | undefined
    code?: string | undefined
  }>()
  const json = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery', token: true }
  const { data } = await (await auth['sign-up'].$post({ json })).json()
  if (data === null) throw new Error('The server emails a code first.')
  expectTypeOf(data.user.disabledAt).toEqualTypeOf<string | null>()
  const headers = { Authorization: `Bearer ${data.token}` }
  const me = await (await auth.me.$get({}, { headers })).json()
  expectTypeOf(me.data.credential.kind).toEqualTypeOf<'session' | 'key'>()
  expect(me.data.email).toBe(json.email)
  const users = await admin.users.$get({ query: { limit: '10' } }, { headers })
  expect(users.status).toBe(403)
  expectTypeOf<Awaited<ReturnType<typeof users.json>>['next']>().toEqualTypeOf<string | null>()

  const param = { topic: 'todos' } as const
  const polled = await topics[':topic'].events.$get({ param, query: {} })
  if (polled.status !== 200) throw new Error(await polled.text())
  const { position } = await polled.json()
  expectTypeOf(position).toEqualTypeOf<{ epoch: string; offset: number }>()
  expect(position.offset).toBeGreaterThanOrEqual(0)
})

test('the typed client has the trash and the histories of collections that declare them', async () => {
  const { id } = (await (await api.albums.$post({ json: { title: 'Typed' } })).json()).data
  const param = { id }
  await api.albums[':id'].$patch({ param, json: { title: 'Renamed' } })
  await api.albums[':id'].$delete({ param })
  const { data: trashed } = await (await api.albums.trash.$get({ query: { limit: '100' } })).json()
  expectTypeOf(trashed[0]?.row.title).toEqualTypeOf<string | undefined>()
  expect(trashed.map(({ row, deletedBy }) => [row.id, deletedBy])).toContainEqual([id, null])
  const restored = (await (await api.albums.trash[':id'].restore.$post({ param })).json()).data
  expectTypeOf(restored.title).toEqualTypeOf<string>()
  const { data: entries } = await (await api.albums[':id'].history.$get({ param })).json()
  expectTypeOf(entries[0]?.changes.title).toEqualTypeOf<{ before: string; after: string } | null | undefined>()
  expect(entries.map(({ changes }) => changes.title?.after)).toEqual([undefined, undefined, 'Renamed', undefined])
  await api.albums[':id'].$delete({ param })
  expect((await api.albums.trash[':id'].$delete({ param })).status).toBe(204)
  // @ts-expect-error
  expect(() => api.todos.trash.$get satisfies unknown).toBeTypeOf('function')
})
