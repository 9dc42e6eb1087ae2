/** Feeds deliver all events of the caller's audience, and none of others'. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Row } from '../conformance/http.ts'
import { type Client, kinds, type Message, request } from '../transports/clients.ts'
import { type Asker, act, bearer, type Person, signIn, signUp, signUpAs } from './people.ts'
import { connect, observedMessage } from './request-transports.ts'
import { server } from './server.ts'
import { startWorld, type World } from './world.ts'

let world: World
let root: Person
const open: Client[] = []

beforeAll(async () => {
  world = await startWorld(server)
  root = await signUp(world.send, { code: world.administratorCode })
})
afterEach(() => {
  for (const client of open.splice(0)) client.end()
})
afterAll(async () => {
  await world.stop()
  expect(world.problems).toEqual([])
})

async function follow(kind: (typeof kinds)[number], asker: Asker, topics: readonly string[]): Promise<Client> {
  const client = await connect(world.url, kind, asker)
  open.push(client)
  for (const topic of topics) {
    const { error } = await client.ask(request(topic, 'subscribe', { topic }))
    expect(error, topic).toBeUndefined()
  }
  return client
}

async function make(asker: Asker, name: string, body: object): Promise<Row> {
  const reply = await world.send(`POST /api/${name}`, { headers: bearer(asker), body })
  expect(reply.status, reply.text).toBe(201)
  return reply.row
}

/** The topic, the type and the row of the next event. */
async function nextEvent(client: Client): Promise<[string, string, Row]> {
  const { method, params } = (await client.next()) as Message & { params: { topic: string; data: unknown } }
  expect(method).toBe('event')
  return [params.topic, params.type, params.data as unknown as Row]
}

describe.each(kinds)('over %s', (kind) => {
  test('an owned row reaches its owner and administrators, and no one else', async () => {
    const [owner, other] = [await signUp(world.send), await signUp(world.send)]
    const topic = `diaries/${owner.userId}`
    const others = await follow(kind, other, [`diaries/${other.userId}`, 'todos', 'cards', 'notices'])
    const owners = await follow(kind, owner, [topic])
    const admins = await follow(kind, root, [topic])
    const row = await make(owner, 'diaries', { text: 'mine' })
    await act(world.send, root, `PATCH /api/diaries/${row.id}`, { mood: 1 })
    await act(world.send, owner, `DELETE /api/diaries/${row.id}`)
    for (const client of [owners, admins])
      for (const type of ['created', 'updated', 'deleted'])
        expect((await nextEvent(client)).slice(0, 2)).toEqual([topic, type])
    const own = await make(other, 'diaries', { text: 'own' })
    expect((await nextEvent(others))[2].id).toBe(own.id)
  })

  test('a row that moves to another audience is deleted for the old one and created for the new one', async () => {
    const [editor, writer] = [await signUpAs(world.send, root, 'editor'), await signUpAs(world.send, root, 'writer')]
    const editors = await follow(kind, editor, ['lines/editor'])
    const writers = await follow(kind, writer, ['lines/writer'])
    const row = await make(editor, 'lines', { room: 'editor', text: 'draft' })
    await act(world.send, root, `PATCH /api/lines/${row.id}`, { room: 'writer', text: 'for writers alone' })
    expect((await nextEvent(editors))[1]).toBe('created')
    const [, type, observed] = await nextEvent(editors)
    expect([type, observed]).toEqual(['deleted', { id: row.id }])
    const [, writersType, writersRow] = await nextEvent(writers)
    expect([writersType, writersRow.text]).toEqual(['created', 'for writers alone'])
    await act(world.send, root, `PATCH /api/lines/${row.id}`, { text: 'later' })
    await make(editor, 'lines', { room: 'editor', text: 'next' })
    expect((await nextEvent(editors))[2].text).toBe('next')
  })

  test('a refused write sends no event', async () => {
    const editor = await signUpAs(world.send, root, 'editor')
    const client = await follow(kind, root, ['lines/editor', 'lines/vip'])
    const row = await make(editor, 'lines', { room: 'editor', text: 'stays' })
    for (const change of [{ room: 'vip' }, { text: '' }])
      await world.send(`PATCH /api/lines/${row.id}`, { headers: bearer(editor), body: change })
    await world.send('POST /api/lines', { headers: bearer(editor), body: { room: 'vip', text: 'planted' } })
    await act(world.send, editor, `DELETE /api/lines/${row.id}`)
    expect((await nextEvent(client)).slice(0, 2)).toEqual(['lines/editor', 'created'])
    expect((await nextEvent(client)).slice(0, 2)).toEqual(['lines/editor', 'deleted'])
  })

  test('events are not replayed to a user that has lost the role', async () => {
    const person = await signUpAs(world.send, root, 'editor')
    const client = await follow(kind, person, ['reports'])
    await make(root, 'reports', { text: 'seen' })
    const { offset } = (await client.next()).params
    await act(world.send, root, `PATCH /api/admin/users/${person.userId}`, { role: 'user' })
    await make(root, 'reports', { text: 'unseen' })
    const again = await connect(world.url, kind, await signIn(world.send, person))
    open.push(again)
    const { body } = observedMessage(await again.ask(request(1, 'GET /api/topics/todos/events')))
    const { epoch } = (body as { position: { epoch: string } }).position
    for (const after of [
      { epoch, offset },
      { epoch, offset: 0 },
      { epoch: 'another', offset },
    ]) {
      const observed = observedMessage(await again.ask(request(2, 'subscribe', { topic: 'reports', after })))
      expect(observed.status).toBe(403)
      expect(JSON.stringify(observed)).not.toContain('offset')
    }
  })

  test('presence is visible to clients that may read the topic, as long as they may', async () => {
    const [editor, another] = [await signUpAs(world.send, root, 'editor'), await signUpAs(world.send, root, 'editor')]
    const first = await follow(kind, editor, [])
    const second = await follow(kind, another, [])
    const join = (client: Client, name: string) => client.ask(request('join', 'join', { topic: 'reports', name }))
    expect((await join(first, 'editor')).error).toBeUndefined()
    expect((await join(second, 'another')).error).toBeUndefined()
    expect((await first.next()).params.member.name).toBe('another')
    await act(world.send, root, `PATCH /api/admin/users/${editor.userId}`, { role: 'user' })
    const left = await second.next()
    expect([left.method, left.params.type, left.params.member.name]).toEqual(['presence', 'leave', 'editor'])
    const seen = await world.send('GET /api/topics/reports/presence', { headers: bearer(another) })
    expect(seen.rows.map(({ name }) => name)).toEqual(['another'])
  })
})
