/** The log of a collection keeps no data of rows that are not what they were, unless the collection keeps its history. */
import { expect, test } from 'vitest'
import { nobody } from '../access/people.ts'
import { connect } from '../access/request-transports.ts'
import { type Kind, type Message, request } from '../transports/clients.ts'
import type { Row, Subject } from './http.ts'
import { createTodo } from './rows.ts'
import { type Event, eventsAfter, eventsPath, type Position, positionOf } from './topics.ts'

type Summary = [type: string, data: unknown]

export function topicHistoryCases(subject: Subject): void {
  const { send } = subject
  const room = () => crypto.randomUUID()
  const create = async (path: string, body: object): Promise<Row> => {
    const reply = await send(`POST /api/${path}`, { body })
    expect(reply.status, reply.text).toBe(201)
    return reply.row
  }
  const change = async (path: string, row: Row, body: object): Promise<Row> =>
    (await send(`PATCH /api/${path}/${row.id}`, { body })).row

  test('who gets access later reads what the rule allows now, and nothing of what rows were before', async () => {
    const [here, there] = [room(), room()]
    await send(`POST /api/gates/open/${there}/anonymous`)
    await send(`POST /api/gates/open/${here}/anonymous`)
    const stays = await create('gates', { room: here, text: 'stays' })
    const deleted = await create('gates', { room: here, text: 'secret of a deleted row' })
    const edited = await create('gates', { room: here, text: 'secret of an edited row' })
    const moved = await create('gates', { room: here, text: 'secret of a moved row' })
    const now = await change('gates', edited, { text: 'now' })
    await change('gates', moved, { room: there })
    await send(`DELETE /api/gates/${deleted.id}`)
    await send(`POST /api/gates/shut/${here}/anonymous`)
    expect((await send(`GET /api/topics/gates/${here}/events`)).status).toBe(404)
    await send(`POST /api/gates/open/${here}/anonymous`)
    const start = { ...(await positionOf(send, `gates/${here}`)), offset: 0 }
    const expected: Summary[] = [
      ['created', stays],
      ['created', null],
      ['created', null],
      ['created', null],
      ['updated', now],
      ['deleted', { id: moved.id }],
      ['deleted', { id: deleted.id }],
    ]
    for (const [name, found] of Object.entries(await replayAll(subject, `gates/${here}`, start, expected.length)))
      expect(found, name).toEqual(expected)
  })

  test('a batch that was read before is read without the data of a row that was changed since', async () => {
    const position = await positionOf(send, 'todos')
    const todo = await createTodo(send, { title: 'first' })
    const read = async () => (await eventsAfter(send, 'todos', position)).map(({ data }) => data)
    expect(await read()).toEqual([todo])
    const second = await change('todos', todo, { title: 'second' })
    expect(await read()).toEqual([null, second])
    const third = await change('todos', todo, { title: 'third' })
    expect(await read()).toEqual([null, null, third])
    await send(`DELETE /api/todos/${todo.id}`)
    expect(await read()).toEqual([null, null, null, { id: todo.id }])
  })

  test('a row that comes back under its id begins anew', async () => {
    const position = await positionOf(send, 'todos')
    const { id } = await createTodo(send)
    await send(`DELETE /api/todos/${id}`)
    const again = await send(`PUT /api/todos/${id}`, { body: { title: 'again' }, headers: { 'If-None-Match': '*' } })
    expect((await eventsAfter(send, 'todos', position)).map(({ data }) => data)).toEqual([null, { id }, again.row])
  })

  test('a collection that keeps its history keeps the data of all events', async () => {
    const position = await positionOf(send, 'entries')
    const made = await create('entries', { text: 'first' })
    const changed = await change('entries', made, { text: 'second' })
    await send(`DELETE /api/entries/${made.id}`)
    expect((await eventsAfter(send, 'entries', position)).map(({ data }) => data)).toEqual([made, changed, changed])
  })
}

/** Reads so many events over every transport. */
async function replayAll(subject: Subject, topic: string, after: Position, count: number) {
  const { send, origin, kinds } = subject
  const found: Record<string, Summary[]> = {
    poll: (await eventsAfter(send, topic, after)).map(summary),
    stream: await readStream(subject, topic, after, count),
  }
  for (const kind of kinds) found[kind] = await readMessages(origin(), kind, topic, after, count)
  return found
}

const summary = ({ type, data }: Pick<Event, 'type' | 'data'>): Summary => [type, data]

async function readMessages(url: string, kind: Kind, topic: string, after: Position, count: number) {
  const client = await connect(url, kind, nobody)
  client.send(request('follow', 'subscribe', { topic, after }))
  const found: Summary[] = []
  for (let message: Message; found.length < count; ) {
    message = await client.next()
    if (message.method === 'event') found.push(summary(message.params))
  }
  client.end()
  return found
}

async function readStream({ origin }: Subject, topic: string, after: Position, count: number): Promise<Summary[]> {
  const response = await fetch(`${origin()}${eventsPath(topic, after)}`, { headers: { Accept: 'text/event-stream' } })
  const found: Summary[] = []
  let text = ''
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  while (found.length < count) {
    text += decoder.decode((await reader.read()).value, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = /^data: (\{"offset":.*,"type":.*)$/m.exec(block)?.[1]
      if (event !== undefined) found.push(summary(JSON.parse(event) as Event))
    }
  }
  await reader.cancel()
  return found
}
