import { describe, expect, test } from 'vitest'
import { createPresence, membersMax, type Participant } from '../../src/topics/presence.ts'
import { formats, serve, type TestClient } from './test-client.ts'

const changes = ({ channel }: TestClient) =>
  channel.sent.filter(({ method }) => method === 'presence').map(({ params }) => params)
const quiet: Participant = { principal: null, notify: () => {}, remove: () => {} }
const join = async (client: TestClient, name: string, more: object = {}) =>
  (await client.call('join', { topic: 'chat', name, ...more })).result

describe.each(formats)('in %s', (_, format) => {
  test('a new member gets the list of members, and the others are notified of it', async () => {
    const { open } = serve({ format })
    const [ann, ben] = [open(), open()]
    const annMember = { id: ann.connection.id, user: null, name: 'Ann', state: null }
    const benMember = { id: ben.connection.id, user: null, name: 'Ben', state: { typing: true } }
    expect(await join(ann, 'Ann')).toEqual({ topic: 'chat', member: annMember, members: [annMember] })
    expect(await join(ben, 'Ben', { state: { typing: true } })).toEqual({
      topic: 'chat',
      member: benMember,
      members: [annMember, benMember],
    })
    expect(changes(ann)).toEqual([{ topic: 'chat', type: 'join', member: benMember }])
    expect(changes(ben)).toEqual([])
  })

  test('the others are notified of a changed state and of a member that leaves', async () => {
    const { open, presence } = serve({ format })
    const [ann, ben] = [open(), open()]
    await join(ann, 'Ann')
    await join(ben, 'Ben')
    expect((await ben.call('update', { topic: 'chat', state: 5 })).result).toEqual({})
    expect((await ben.call('leave', { topic: 'chat' })).result).toEqual({})
    const member = { id: ben.connection.id, user: null, name: 'Ben', state: 5 }
    expect(changes(ann).slice(1)).toEqual([
      { topic: 'chat', type: 'update', member },
      { topic: 'chat', type: 'leave', member },
    ])
    expect(presence.members('chat')).toEqual([{ id: ann.connection.id, user: null, name: 'Ann', state: null }])
  })
})

test('a member whose connection is lost has left', async () => {
  const { open, presence } = serve()
  const [ann, ben] = [open(), open()]
  await join(ann, 'Ann')
  await join(ben, 'Ben')
  ben.connection.closed()
  expect(changes(ann).map(({ type, member }) => [type, member.name])).toEqual([
    ['join', 'Ben'],
    ['leave', 'Ben'],
  ])
  ann.connection.closed()
  expect(presence.members('chat')).toEqual([])
})

test('changes of one topic do not appear in another', async () => {
  const { open } = serve()
  const [ann, ben] = [open(), open()]
  await join(ann, 'Ann')
  await ben.call('join', { topic: 'todos', name: 'Ben' })
  expect(changes(ann)).toEqual([])
})

test('a topic that may not be read can not be joined', async () => {
  const { open } = serve()
  expect((await open().call('join', { topic: 'nothing', name: 'Ann' })).error.code).toBe(404)
})

test('a topic is joined once, and can be joined again after leaving', async () => {
  const client = serve().open()
  await join(client, 'Ann')
  expect((await client.call('join', { topic: 'chat', name: 'Ann' })).error.code).toBe(-32602)
  const ids = [client.ask('leave', { topic: 'chat' }), client.ask('join', { topic: 'chat', name: 'Anna' })]
  for (const id of ids) expect((await client.response(id)).error).toBeUndefined()
})

test('join and leave in one go are done in this order', async () => {
  const { open, presence } = serve()
  const client = open()
  const ids = [client.ask('join', { topic: 'chat', name: 'Ann' }), client.ask('leave', { topic: 'chat' })]
  for (const id of ids) expect((await client.response(id)).error).toBeUndefined()
  expect(presence.members('chat')).toEqual([])
})

test('a connection that ends while it joins is not left behind', async () => {
  const { open, presence } = serve()
  const client = open()
  client.ask('join', { topic: 'chat', name: 'Ann' })
  client.connection.closed()
  await client.settle()
  expect(presence.members('chat')).toEqual([])
})

test('the 17th topic is error 429', async () => {
  const { open, topics } = serve()
  Object.assign(topics, { log: () => [] })
  const client = open()
  for (let count = 0; count < 16; count += 1) await client.call('join', { topic: `t${count}`, name: 'Ann' })
  expect((await client.call('join', { topic: 'more', name: 'Ann' })).error.code).toBe(429)
})

test('state of exactly 1 KiB of JSON is taken, and one byte more is not, counted in UTF-8', () => {
  const presence = createPresence()
  const enter = (state: unknown) => presence.join('chat', { id: 'a', user: null, name: 'Ann', state }, quiet)
  enter('ä'.repeat(511))
  expect(() => enter(`${'ä'.repeat(511)}a`)).toThrow('1024 bytes')
})

test('a topic takes 1000 members', () => {
  const presence = createPresence()
  for (let id = 0; id < membersMax; id += 1)
    presence.join('chat', { id: String(id), user: null, name: 'N', state: null }, quiet)
  expect(() => presence.join('chat', { id: 'more', user: null, name: 'N', state: null }, quiet)).toThrow('1000')
  presence.leave('chat', '0')
  presence.join('chat', { id: 'more', user: null, name: 'N', state: null }, quiet)
  expect(presence.members('chat')).toHaveLength(1000)
})

test('an update or a leave of a client that is no member changes nothing', () => {
  const presence = createPresence()
  const notified: unknown[] = []
  presence.join(
    'chat',
    { id: 'a', user: null, name: 'Ann', state: null },
    { ...quiet, notify: (change) => notified.push(change) },
  )
  presence.update('chat', 'b', 1)
  presence.leave('chat', 'b')
  presence.leave('other', 'a')
  expect(notified).toEqual([])
})

describe('the cost of a change', () => {
  /** A server that counts units, with so many members beside the client. */
  async function createCrowd(members: number, unitsMax = Number.POSITIVE_INFINITY) {
    const taken: number[] = []
    const isLimited = { isOn: false }
    const world = serve({
      takeUnits: (_, __, units) => {
        taken.push(units)
        return !isLimited.isOn || units <= unitsMax
      },
    })
    const notified: string[] = []
    const participant = { ...quiet, notify: ({ type }: { type: string }) => notified.push(type) }
    for (let id = 0; id < members; id += 1)
      world.presence.join('chat', { id: String(id), user: null, name: 'N', state: null }, participant)
    notified.length = 0
    const client = world.open()
    const cost = async (method: string, more: object = {}) => {
      taken.length = 0
      const { error } = await client.call(method, { topic: 'chat', name: 'Ann', ...more })
      return { units: Math.round(taken.reduce((sum, units) => sum + units, 0)), error: error?.code }
    }
    return { cost, notified, isLimited }
  }

  test('rises with the members who are notified, and a join pays for the leave', async () => {
    for (const [members, join, update] of [
      [0, 1, 1],
      [100, 11, 6],
      [999, 101, 51],
    ] as const) {
      const { cost, notified } = await createCrowd(members)
      expect(await cost('join')).toEqual({ units: join, error: undefined })
      expect(await cost('update', { state: 1 })).toEqual({ units: update, error: undefined })
      expect(await cost('leave')).toEqual({ units: 0, error: undefined })
      expect(notified).toHaveLength(3 * members)
    }
  })

  test('is refused when the client has too few units, and nobody is notified', async () => {
    const { cost, notified, isLimited } = await createCrowd(500, 20)
    isLimited.isOn = true
    expect((await cost('join')).error).toBe(429)
    isLimited.isOn = false
    await cost('join')
    isLimited.isOn = true
    notified.length = 0
    expect((await cost('update', { state: 1 })).error).toBe(429)
    expect(notified).toEqual([])
    expect((await cost('leave')).error).toBeUndefined()
    expect(notified).toHaveLength(500)
  })
})
