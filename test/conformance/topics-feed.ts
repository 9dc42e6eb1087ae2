import { expect, test } from 'vitest'
import type { Row, Send, Subject } from './http.ts'
import { createBook, createTodo, etagOf, startingWith, unique } from './rows.ts'
import { type Event, eventsAfter, type Position, positionOf } from './topics.ts'

export function topicFeedCases(subject: Subject): void {
  changes(subject)
  failures(subject)
  lists(subject)
  audiences(subject)
}

/** Offsets, types and data of events. */
const summaries = (events: readonly Event[]) => events.map(({ offset, type, data }) => [offset, type, data])

async function createNote(send: Send, room: string): Promise<Row> {
  const reply = await send('POST /api/notes', { body: { room } })
  expect(reply.status, reply.text).toBe(201)
  return reply.row
}

function changes({ send }: Subject): void {
  test('a row that is made, changed and removed is three events, and only the last has data', async () => {
    const position = await positionOf(send, 'todos')
    const made = await createTodo(send)
    const changed = (await send(`PATCH /api/todos/${made.id}`, { body: { completed: true } })).row
    await send(`DELETE /api/todos/${made.id}`)
    const events = await eventsAfter(send, 'todos', position)
    const { offset } = position
    expect(summaries(events)).toEqual([
      [offset + 1, 'created', null],
      [offset + 2, 'updated', null],
      [offset + 3, 'deleted', { id: made.id }],
    ])
    expect(changed.completed).toBe(true)
    for (const { at } of events) expect(new Date(at).toISOString()).toBe(at)
  })

  test('a row put under an id of the client is an event, too', async () => {
    const position = await positionOf(send, 'todos')
    const { id } = await createTodo(send)
    await send(`DELETE /api/todos/${id}`)
    const put = await send(`PUT /api/todos/${id}`, { body: { title: 'again' }, headers: { 'If-None-Match': '*' } })
    expect(put.status).toBe(201)
    expect(summaries(await eventsAfter(send, 'todos', position)).at(-1)).toEqual([
      position.offset + 3,
      'created',
      put.row,
    ])
  })

  test('many writers at once leave no hole and no repeat', async () => {
    const position = await positionOf(send, 'todos')
    const made = await Promise.all(Array.from({ length: 40 }, () => createTodo(send)))
    const events = await eventsAfter(send, 'todos', position)
    expect(events.map(({ offset }) => offset)).toEqual(made.map((_, index) => position.offset + index + 1))
    const ids = events.map(({ data }) => (data as Row).id)
    expect(ids.toSorted()).toEqual(made.map(({ id }) => id).toSorted())
  })

  test('many rows in one write are as many events', async () => {
    const position = await positionOf(send, 'authors')
    const names = [unique('a'), unique('b'), unique('c')]
    expect((await send('POST /api/authors/import', { body: names })).status).toBe(201)
    const events = await eventsAfter(send, 'authors', position)
    expect(events.map(({ type, data }) => [type, (data as Row).name])).toEqual(names.map((name) => ['created', name]))
  })

  test('a custom route that changes a row is an event', async () => {
    const book = await createBook(send, { copies: 2 })
    const position = await positionOf(send, 'books')
    const lent = (await send(`POST /api/books/${book.id}/lend`)).row
    expect(summaries(await eventsAfter(send, 'books', position))).toEqual([[position.offset + 1, 'updated', lent]])
  })

  test('a repeat by Idempotency-Key is no second event', async () => {
    const position = await positionOf(send, 'todos')
    const headers = { 'Idempotency-Key': unique('key') }
    const request = { body: { title: 'once' }, headers }
    await Promise.all(Array.from({ length: 8 }, () => send('POST /api/todos', request)))
    expect(await eventsAfter(send, 'todos', position)).toHaveLength(1)
  })
}

function failures({ send }: Subject): void {
  test('a write that fails is no event', async () => {
    const book = await createBook(send, { copies: 0 })
    const [books, todos] = [await positionOf(send, 'books'), await positionOf(send, 'todos')]
    const todo = await createTodo(send)
    const replies = [
      await send(`PATCH /api/todos/${todo.id}`, { body: { completed: true }, headers: { 'If-Match': '"1"' } }),
      await send(`DELETE /api/todos/${todo.id}`, { headers: { 'If-Match': '"1"' } }),
      await send(`PUT /api/todos/${todo.id}`, { body: { title: 'x' }, headers: { 'If-None-Match': '*' } }),
      await send('POST /api/todos', { body: { title: ' ' } }),
      await send('DELETE /api/todos/00000000000000000000000000'),
      await send(`POST /api/books/${book.id}/lend`),
      await send('POST /api/books', { body: { title: 'x', isbn: book.isbn, author: book.author } }),
      await send('POST /api/books', { body: { title: 'x', isbn: unique('i'), author: todo.id } }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([412, 412, 412, 400, 404, 409, 409, 400])
    expect(await eventsAfter(send, 'todos', todos)).toHaveLength(1)
    expect(await eventsAfter(send, 'books', books)).toEqual([])
  })

  test('of many rows in one write that fails none is an event', async () => {
    const position = await positionOf(send, 'authors')
    const taken = unique('taken')
    await send('POST /api/authors/import', { body: [taken] })
    expect((await send('POST /api/authors/import', { body: [unique('free'), taken] })).status).toBe(409)
    expect(await eventsAfter(send, 'authors', position)).toHaveLength(1)
  })
}

function lists({ send }: Subject): void {
  const listed = async (path: string) => JSON.parse((await send(`GET ${path}`)).text) as { position?: Position }

  test('a list returns the position to follow it from', async () => {
    await createTodo(send)
    const { position } = await listed('/api/todos?limit=1')
    expect(position).toEqual(await positionOf(send, 'todos'))
    const made = await createTodo(send)
    expect(summaries(await eventsAfter(send, 'todos', position as Position))).toEqual([
      [(position?.offset ?? 0) + 1, 'created', made],
    ])
  })

  test('only the first page of a list returns a position', async () => {
    const title = unique('paged')
    for (const end of ['1', '2']) await createTodo(send, { title: title + end })
    const query = startingWith('title', title, { limit: '1' })
    const first = await send(`GET /api/todos?${query}`)
    const second = await listed(`/api/todos?${query}&cursor=${first.body().next}`)
    expect(JSON.parse(first.text)).toHaveProperty('position')
    expect(second).not.toHaveProperty('position')
  })

  test('a list of one audience returns the position of its topic, a list of several none', async () => {
    const room = unique('room').replace(' ', '-')
    await createNote(send, room)
    const { position } = await listed(`/api/notes?filter[room]=${room}`)
    expect(position).toEqual(await positionOf(send, `notes/${room}`))
    expect(position?.offset).toBe(1)
    expect(await listed('/api/notes')).not.toHaveProperty('position')
  })
}

function audiences({ send }: Subject): void {
  test('events of a collection with an audience go to the topic of the audience alone', async () => {
    const [here, there] = [unique('here').replace(' ', '-'), unique('there').replace(' ', '-')]
    const note = await createNote(send, here)
    await createNote(send, there)
    const start = { ...(await positionOf(send, `notes/${here}`)), offset: 0 }
    expect(summaries(await eventsAfter(send, `notes/${here}`, start))).toEqual([[1, 'created', note]])
    expect((await send('GET /api/topics/notes/events')).status).toBe(404)
  })

  test('a row that moves to another audience is deleted there and created here', async () => {
    const [old, fresh] = [unique('old').replace(' ', '-'), unique('new').replace(' ', '-')]
    const note = await createNote(send, old)
    const { epoch } = await positionOf(send, `notes/${old}`)
    const moved = (await send(`PATCH /api/notes/${note.id}`, { body: { room: fresh, text: 'moved' } })).row
    expect(summaries(await eventsAfter(send, `notes/${old}`, { epoch, offset: 1 }))).toEqual([
      [2, 'deleted', { id: note.id }],
    ])
    expect(summaries(await eventsAfter(send, `notes/${fresh}`, { epoch, offset: 0 }))).toEqual([[1, 'created', moved]])
    const stayed = (await send(`PATCH /api/notes/${note.id}`, { body: { text: 'stayed' } })).row
    expect(summaries(await eventsAfter(send, `notes/${fresh}`, { epoch, offset: 1 }))).toEqual([[2, 'updated', stayed]])
    await send(`DELETE /api/notes/${note.id}`)
    expect(summaries(await eventsAfter(send, `notes/${fresh}`, { epoch, offset: 2 }))).toEqual([
      [3, 'deleted', { id: note.id }],
    ])
  })

  test('an audience whose name no topic can have is refused, and nothing is stored', async () => {
    const text = unique('nowhere')
    for (const room of ['a/b', 'a b', 'ü', 'x'.repeat(101)]) {
      const reply = await send('POST /api/notes', { body: { room, text } })
      expect([reply.status, reply.badFields]).toEqual([400, ['room']])
    }
    const note = await createNote(send, 'somewhere')
    const headers = { 'If-Match': etagOf(note) }
    expect((await send(`PATCH /api/notes/${note.id}`, { body: { room: 'a/b' }, headers })).status).toBe(400)
    expect((await send(`GET /api/notes/${note.id}`)).row.room).toBe('somewhere')
  })
}
