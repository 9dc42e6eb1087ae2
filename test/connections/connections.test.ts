import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { formats, serve, type TestClient } from './test-client.ts'

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)

describe('heartbeats', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())

  const seconds = (count: number) => vi.advanceTimersByTime(count * 1000)

  test('a connection that is quiet is asked, and after as long again sent away with 4408', () => {
    const client = serve({ heartbeatMs: 20_000 }).open()
    seconds(19)
    expect(client.channel.pings).toBe(0)
    seconds(1)
    expect(client.channel.pings).toBe(1)
    seconds(19)
    expect(client.channel.end).toBeNull()
    seconds(1)
    expect(client.channel.end?.code).toBe(4408)
    expect(client.channel.pings).toBe(1)
  })

  test.each([
    ['a message', (client: TestClient) => client.notify('ping')],
    ['a broken message', (client: TestClient) => client.connection.receive('[]')],
    ['anything else', (client: TestClient) => client.connection.heard()],
  ])('%s counts as a sign of life', (_, speak) => {
    const client = serve({ heartbeatMs: 20_000 }).open()
    for (const _ of range(1, 10)) {
      seconds(15)
      speak(client)
    }
    expect(client.channel.pings).toBe(0)
    seconds(20)
    expect(client.channel.pings).toBe(1)
    speak(client)
    seconds(39)
    expect(client.channel.pings).toBe(2)
    expect(client.channel.end).toBeNull()
    seconds(1)
    expect(client.channel.end?.code).toBe(4408)
  })

  test('connections are asked each at its own time', () => {
    const { open } = serve({ heartbeatMs: 20_000 })
    const talks = range(0, 29).map(() => {
      seconds(1)
      return open()
    })
    expect(talks.map(({ channel }) => channel.pings)).toEqual(range(0, 29).map((n) => (n <= 9 ? 1 : 0)))
    expect(talks.map(({ channel }) => channel.end)).toEqual(talks.map(() => null))
    seconds(11)
    expect(talks.map(({ channel }) => channel.end?.code)).toEqual(range(0, 29).map((n) => (n === 0 ? 4408 : undefined)))
  })

  test('there is one timer for all connections, and none without any', () => {
    const { open } = serve({ heartbeatMs: 20_000 })
    expect(vi.getTimerCount()).toBe(0)
    const talks = range(1, 100).map(() => open())
    expect(vi.getTimerCount()).toBe(1)
    for (const { connection } of talks) connection.closed()
    seconds(1)
    expect(vi.getTimerCount()).toBe(0)
    open()
    seconds(40)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('there is no timer where the runtime sees to it', () => {
    serve({ heartbeatMs: null }).open()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('connections that end together, one because of the other, are looked at no more', async () => {
    const { open } = serve({ heartbeatMs: 20_000 })
    const [ann, ben] = [open(), open()]
    for (const client of [ann, ben]) await client.call('join', { topic: 'chat', name: 'N' })
    const send = ben.channel.send.bind(ben.channel)
    ben.channel.send = (message) => {
      send(message)
      if (ben.channel.sent.at(-1)?.method === 'presence') ben.connection.end(1013, 'The client reads no responses.')
    }
    seconds(60)
    expect([ann.channel.end?.code, ben.channel.end?.code]).toEqual([4408, 1013])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('hello returns a heartbeat of another length', async () => {
    expect((await serve({ heartbeatMs: 200 }).open().call('hello')).result.heartbeatMs).toBe(200)
  })
})

test('connections beyond the limit are sent away with 1013', async () => {
  const { open, connections } = serve({ connectionsMax: 2 })
  const talks = [open(), open(), open()]
  expect(talks.map(({ channel }) => channel.end?.code)).toEqual([undefined, undefined, 1013])
  expect(talks[2]?.channel.sent).toMatchObject([{ method: 'goaway', params: { reconnect: true } }])
  talks[0]?.connection.closed()
  expect(connections.count).toBe(1)
  expect((await open().call('echo', 1)).result).toBe(1)
})

test('connections have different ids', () => {
  const { open } = serve()
  expect(open().connection.id).not.toBe(open().connection.id)
})

test('goaway closes all connections with 1012, and later ones too', async () => {
  const { open, connections, topics } = serve()
  const talks = [open(), open()]
  await talks[0]?.call('subscribe', { topic: 'todos' })
  connections.goaway()
  talks.push(open())
  expect(talks.map(({ channel }) => channel.end?.code)).toEqual([1012, 1012, 1012])
  expect([connections.count, topics.followers.size]).toEqual([0, 0])
})

describe.each(formats)('a connection that is saved and restored, in %s', (_, format) => {
  async function follow(window = 10) {
    const server = serve({ format })
    const client = server.open()
    await client.call('subscribe', { topic: 'todos', window })
    await client.settle()
    return { ...server, client }
  }

  /** As when a runtime drops the memory and keeps the connection. */
  function evict({ topics }: Awaited<ReturnType<typeof follow>>) {
    topics.followers.clear()
  }

  test('has its id', async () => {
    const server = await follow()
    expect((await server.restore(server.client.connection.state())).connection.id).toBe(server.client.connection.id)
  })

  test('continues live without losing or repeating anything', async () => {
    const server = await follow()
    server.topics.publish('todos', 1, 2, 3)
    const state = server.client.connection.state()
    server.topics.publish('todos', 4, 5)
    evict(server)
    const again = await server.restore(state)
    server.topics.publish('todos', 6)
    await again.settle()
    expect(server.client.channel.offsets('todos')).toEqual(range(1, 5))
    expect(again.channel.offsets('todos')).toEqual([6])
  })

  test('keeps what it expands', async () => {
    const server = serve({ format })
    await server.open().call('subscribe', { topic: 'todos', expand: 'doctor.clinic' })
    const client = server.open()
    await client.call('subscribe', { topic: 'todos', expand: 'doctor' })
    await server.restore(client.connection.state())
    expect(server.topics.expands).toEqual(['doctor.clinic', 'doctor', 'doctor'])
    for (const expand of [7, 'x'.repeat(2001)])
      expect((await server.open().call('subscribe', { topic: 'todos', expand })).error.code).toBe(-32602)
  })

  test('keeps its acknowledged offset, and so its credit', async () => {
    const server = await follow(10)
    server.topics.publish('todos', ...range(1, 8))
    server.client.notify('ack', { topic: 'todos', offset: 5 })
    const state = server.client.connection.state()
    evict(server)
    const again = await server.restore(state)
    server.topics.publish('todos', ...range(9, 40))
    await again.settle()
    expect(again.channel.offsets('todos')).toEqual(range(9, 15))
  })

  test('continues from the log where it was behind', async () => {
    const server = await follow(10)
    server.topics.publish('todos', ...range(1, 30))
    expect(server.client.connection.state().subscriptions).toEqual([
      { topic: 'todos', window: 10, epoch: 'e1', acked: 0, behind: 10 },
    ])
    const state = server.client.connection.state()
    evict(server)
    const again = await server.restore(state)
    await again.settle()
    expect(again.channel.sent).toEqual([])
    again.notify('ack', { topic: 'todos', offset: 10 })
    await again.settle()
    expect(again.channel.offsets('todos')).toEqual(range(11, 20))
  })

  test.each([
    ['live', 1],
    ['behind', 30],
  ])('receives a gap when the epoch has changed, and it was %s', async (_, count) => {
    const server = await follow(10)
    server.topics.publish('todos', ...range(1, count))
    const state = server.client.connection.state()
    evict(server)
    server.topics.epoch = 'e2'
    const again = await server.restore(state)
    server.topics.publish('todos', 'next')
    await again.settle()
    expect(again.channel.sent).toMatchObject([
      { method: 'gap', params: { topic: 'todos', reason: 'epoch', position: { epoch: 'e2', offset: count } } },
      { method: 'event', params: { offset: count + 1 } },
    ])
  })

  test('receives a gap when the missing events are trimmed', async () => {
    const server = await follow(10)
    server.topics.publish('todos', ...range(1, 30))
    const state = server.client.connection.state()
    evict(server)
    server.topics.trim('todos', 20)
    const again = await server.restore(state)
    expect(again.channel.sent).toMatchObject([
      { method: 'gap', params: { reason: 'trimmed', position: { offset: 30 } } },
    ])
  })

  test('is sent away when a topic can not be followed any more', async () => {
    const server = await follow()
    const state = server.client.connection.state()
    server.topics.failure = new Error('disk')
    expect((await server.restore(state)).channel.end?.code).toBe(1011)
    expect(server.problems).toHaveLength(1)
  })

  test('is still in its topics, and no member is notified', async () => {
    const server = serve({ format })
    const client = server.open()
    await client.call('join', { topic: 'chat', name: 'Ann', state: { a: 1 } })
    await client.call('update', { topic: 'chat', state: 2 })
    const ben = server.open()
    await ben.call('join', { topic: 'chat', name: 'Ben' })
    const again = await server.restore(client.connection.state())
    expect(server.presence.members('chat')).toContainEqual({
      id: client.connection.id,
      user: null,
      name: 'Ann',
      state: 2,
    })
    expect(ben.channel.sent.filter(({ method }) => method === 'presence')).toEqual([])
    await again.call('leave', { topic: 'chat' })
    expect(ben.channel.sent.at(-1)).toMatchObject({
      method: 'presence',
      params: { type: 'leave', member: { name: 'Ann' } },
    })
  })

  test('knows whether hello is still allowed', async () => {
    const server = serve({ format })
    const [silent, spoken] = [server.open(), server.open()]
    await spoken.call('echo')
    expect((await (await server.restore(silent.connection.state())).call('hello')).result.version).toBe(1)
    expect((await (await server.restore(spoken.connection.state())).call('hello')).error.code).toBe(-32600)
  })
})

test('a change of the stored state is reported, and events are not', async () => {
  const { topics, open } = serve()
  let changes = 0
  const client = open({ onChange: () => (changes += 1) })
  const change = async (act: () => unknown) => {
    const before = changes
    await act()
    await client.settle()
    return changes > before
  }
  expect(await change(() => client.call('echo'))).toBe(false)
  expect(await change(() => client.call('subscribe', { topic: 'todos', window: 5 }))).toBe(true)
  expect(await change(() => topics.publish('todos', 1, 2, 3))).toBe(false)
  expect(await change(() => client.notify('ack', { topic: 'todos', offset: 2 }))).toBe(true)
  expect(await change(() => client.notify('ack', { topic: 'todos', offset: 2 }))).toBe(false)
  expect(await change(() => topics.publish('todos', 4, 5, 6, 7, 8, 9))).toBe(true)
  expect(await change(() => topics.publish('todos', 10))).toBe(false)
  expect(await change(() => client.call('unsubscribe', { topic: 'todos' }))).toBe(true)
  expect(await change(() => client.call('join', { topic: 'chat', name: 'Ann' }))).toBe(true)
  expect(await change(() => client.call('update', { topic: 'chat', state: 1 }))).toBe(true)
  expect(await change(() => client.call('leave', { topic: 'chat' }))).toBe(true)
  expect(await change(() => client.connection.closed())).toBe(false)
})
