import { describe, expect, test } from 'vitest'
import { jsonFormat } from '../../src/connections/json-format.ts'
import { AppError } from '../../src/errors.ts'
import { formats, serve, type TestClient } from './test-client.ts'

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)

async function follow(client: TestClient, params: object = {}) {
  const { result } = await client.call('subscribe', { topic: 'todos', ...params })
  await client.settle()
  return result
}

describe.each(formats)('in %s', (_, format) => {
  test('a subscription begins now, and brings each event once and in order', async () => {
    const { topics, open } = serve({ format })
    topics.publish('todos', 'before')
    const client = open()
    expect(await follow(client)).toEqual({ topic: 'todos', position: { epoch: 'e1', offset: 1 }, recovered: true })
    topics.publish('todos', { id: 2 }, { id: 3 })
    topics.publish('todos', { id: 4 })
    expect(client.channel.sent.slice(1)).toEqual(
      [2, 3, 4].map((offset) => ({
        jsonrpc: '2.0',
        method: 'event',
        params: { topic: 'todos', offset, type: 'said', at: '1970-01-01T00:00:00.000Z', data: { id: offset } },
      })),
    )
  })

  test('a subscription after a position gets its response before the missed events', async () => {
    const { topics, open } = serve({ format })
    topics.publish('todos', ...range(1, 5))
    const client = open()
    const result = await follow(client, { after: { epoch: 'e1', offset: 2 } })
    expect(result).toEqual({ topic: 'todos', position: { epoch: 'e1', offset: 2 }, recovered: true })
    expect(client.channel.sent[0]?.result).toEqual(result)
    expect(client.channel.offsets('todos')).toEqual([3, 4, 5])
  })

  test.each([
    ['epoch', { epoch: 'e0', offset: 2 }],
    ['future', { epoch: 'e1', offset: 6 }],
    ['trimmed', { epoch: 'e1', offset: 1 }],
  ])('a position that cannot be continued is a gap with its reason, %s', async (reason, after) => {
    const { topics, open } = serve({ format })
    topics.publish('todos', ...range(1, 5))
    topics.trim('todos', 3)
    const client = open()
    const position = { epoch: 'e1', offset: 5 }
    expect(await follow(client, { after })).toEqual({ topic: 'todos', position, recovered: false, reason })
    topics.publish('todos', 6)
    expect(client.channel.offsets('todos')).toEqual([6])
  })

  test('a later gap is reported, and the subscription continues', async () => {
    const { topics, open } = serve({ format })
    const client = open()
    await follow(client, { window: 2 })
    topics.publish('todos', ...range(1, 10))
    topics.trim('todos', 6)
    client.notify('ack', { topic: 'todos', offset: 2 })
    await client.settle()
    topics.publish('todos', 11)
    expect(client.channel.sent.slice(-2)).toMatchObject([
      { method: 'gap', params: { topic: 'todos', reason: 'trimmed', position: { epoch: 'e1', offset: 10 } } },
      { method: 'event', params: { offset: 11 } },
    ])
  })

  test('unsubscribe returns the position of the last event sent, and nothing follows', async () => {
    const { topics, open } = serve({ format })
    const client = open()
    await follow(client)
    topics.publish('todos', 1, 2)
    expect((await client.call('unsubscribe', { topic: 'todos' })).result).toEqual({
      topic: 'todos',
      position: { epoch: 'e1', offset: 2 },
    })
    topics.publish('todos', 3)
    expect(client.channel.offsets('todos')).toEqual([1, 2])
    expect((await client.call('unsubscribe', { topic: 'todos' })).error.code).toBe(-32602)
  })

  test('a topic that is not there is error 404', async () => {
    const { open } = serve({ format })
    expect((await open().call('subscribe', { topic: 'nothing' })).error).toEqual({
      code: 404,
      message: 'There is no such topic.',
      data: { code: 'not_found' },
    })
  })
})

test('a log that can not be read is error -32603, and the topic can be asked for again', async () => {
  const { topics, open, problems } = serve()
  topics.failure = new Error('disk')
  const client = open()
  expect((await client.call('subscribe', { topic: 'todos' })).error.code).toBe(-32603)
  expect(problems).toEqual([new Error('disk')])
  expect((await client.call('subscribe', { topic: 'todos' })).result.recovered).toBe(true)
})

test('a topic is followed once', async () => {
  const client = serve().open()
  const [first, second] = [client.ask('subscribe', { topic: 'todos' }), client.ask('subscribe', { topic: 'todos' })]
  expect((await client.response(first)).result.recovered).toBe(true)
  expect((await client.response(second)).error.code).toBe(-32602)
})

test('subscribe, unsubscribe and subscribe in one go are done in this order', async () => {
  const { topics, open } = serve()
  const client = open()
  const ids = ['subscribe', 'unsubscribe', 'subscribe'].map((method) => client.ask(method, { topic: 'todos' }))
  for (const id of ids) expect((await client.response(id)).error).toBeUndefined()
  expect(topics.followers.size).toBe(1)
})

test('the 257th subscription is error 429', async () => {
  const { topics, open } = serve()
  const client = open()
  for (let count = 0; count < 256; count += 1) {
    Object.assign(topics, { log: () => [] })
    expect((await client.call('subscribe', { topic: `t${count}` })).error).toBeUndefined()
  }
  expect((await client.call('subscribe', { topic: 'more' })).error.code).toBe(429)
  await client.call('unsubscribe', { topic: 't0' })
  expect((await client.call('subscribe', { topic: 'more' })).error).toBeUndefined()
})

test('a subscription that loses its permission ends alone', async () => {
  const { topics, open } = serve()
  const client = open()
  await follow(client)
  for (const { subscriber } of topics.followers) subscriber.fail(new AppError('forbidden'))
  expect(client.channel.sent.at(-1)).toMatchObject({
    method: 'unsubscribed',
    params: { topic: 'todos', position: { offset: expect.any(Number) }, error: { code: 403 } },
  })
  expect(client.channel.end).toBeNull()
  expect((await client.call('subscribe', { topic: 'todos' })).error).toBeUndefined()
})

test.each([
  [new AppError('storage_unavailable'), 1011],
  [new Error('bug'), 1011],
])('a subscription that fails with "%s" ends the connection with %i', async (error, code) => {
  const { topics, open } = serve()
  const client = open()
  await follow(client)
  for (const { subscriber } of topics.followers) subscriber.fail(error)
  expect(client.channel.end?.code).toBe(code)
  expect(topics.followers.size).toBe(0)
})

test('a connection that ends while it subscribes leaves nothing behind', async () => {
  const { topics, open } = serve()
  const latch = Promise.withResolvers<void>()
  topics.latch = latch.promise
  const client = open()
  client.ask('subscribe', { topic: 'todos' })
  client.connection.closed()
  latch.resolve()
  await client.settle()
  expect(topics.followers.size).toBe(0)
  expect(client.channel.sent).toEqual([])
})

test('a connection that is only waited for by a subscribe leaves nothing behind', async () => {
  const { topics, open } = serve()
  const client = open()
  client.ask('subscribe', { topic: 'todos' })
  client.connection.halfClosed()
  await client.settle()
  expect(client.channel.sent).toMatchObject([{ id: 1, result: { recovered: true } }, { method: 'goaway' }])
  expect(topics.followers.size).toBe(0)
})

describe('a window', () => {
  test('sends at most as many events as it allows beyond the last ack', async () => {
    const { topics, open } = serve()
    const client = open()
    await follow(client, { window: 10 })
    topics.publish('todos', ...range(1, 25))
    expect(client.channel.offsets('todos')).toEqual(range(1, 10))
    client.notify('ack', { topic: 'todos', offset: 4 })
    await client.settle()
    expect(client.channel.offsets('todos')).toEqual(range(1, 14))
    client.notify('ack', { topic: 'todos', offset: 14 })
    await client.settle()
    expect(client.channel.offsets('todos')).toEqual(range(1, 24))
    client.notify('ack', { topic: 'todos', offset: 20 })
    await client.settle()
    topics.publish('todos', ...range(26, 40))
    expect(client.channel.offsets('todos')).toEqual(range(1, 30))
  })

  test('is of 1000 events by default', async () => {
    const { topics, open } = serve()
    const client = open()
    await follow(client)
    topics.publish('todos', ...range(1, 1500))
    expect(client.channel.offsets('todos')).toEqual(range(1, 1000))
  })

  test('counts from where the subscription began', async () => {
    const { topics, open } = serve()
    topics.publish('todos', ...range(1, 50))
    const client = open()
    await follow(client, { window: 5, after: { epoch: 'e1', offset: 20 } })
    expect(client.channel.offsets('todos')).toEqual(range(21, 25))
  })

  test('is of one topic: others continue', async () => {
    const { topics, open } = serve()
    const client = open()
    await follow(client, { window: 1 })
    await follow(client, { topic: 'chat' })
    topics.publish('todos', 1, 2)
    topics.publish('chat', 1, 2)
    expect([client.channel.offsets('todos'), client.channel.offsets('chat')]).toEqual([[1], [1, 2]])
  })

  test('is not opened by an ack of an unsent event, of an acknowledged one, or of another topic', async () => {
    const { topics, open } = serve()
    const client = open()
    await follow(client, { window: 5 })
    topics.publish('todos', ...range(1, 30))
    client.notify('ack', { topic: 'todos', offset: 3 })
    await client.settle()
    for (const [topic, offset] of [
      ['todos', 9],
      ['todos', 2],
      ['todos', 1e9],
      ['todos', -1],
      ['chat', 5],
    ]) {
      client.notify('ack', { topic, offset })
    }
    await client.settle()
    expect(client.channel.offsets('todos')).toEqual(range(1, 8))
  })

  test('of one event at a time brings all of them', async () => {
    const { topics, open } = serve()
    const client = open()
    await follow(client, { window: 1 })
    topics.publish('todos', ...range(1, 300))
    for (const offset of range(1, 300)) {
      client.notify('ack', { topic: 'todos', offset })
      await client.settle()
    }
    expect(client.channel.offsets('todos')).toEqual(range(1, 300))
  })
})

describe('a blocked channel', () => {
  test('gets no events until it has drained, and then all of them', async () => {
    const { topics, open } = serve()
    const client = open()
    await follow(client)
    client.channel.isBlocked = true
    topics.publish('todos', ...range(1, 150))
    expect(client.channel.offsets('todos')).toEqual([])
    client.channel.isBlocked = false
    client.connection.drained()
    await client.settle()
    topics.publish('todos', 151)
    expect(client.channel.offsets('todos')).toEqual(range(1, 151))
  })

  test('still gets responses', async () => {
    const client = serve().open()
    client.channel.isBlocked = true
    expect((await client.call('echo', 1)).result).toBe(1)
  })

  test('that subscribes gets its events when it has drained', async () => {
    const { topics, open } = serve()
    topics.publish('todos', 1)
    const client = open()
    client.channel.isBlocked = true
    await follow(client, { after: { epoch: 'e1', offset: 0 } })
    expect(client.channel.offsets('todos')).toEqual([])
    client.channel.isBlocked = false
    client.connection.drained()
    await client.settle()
    expect(client.channel.offsets('todos')).toEqual([1])
  })

  test('that drains with a full window still waits for an ack', async () => {
    const { topics, open } = serve()
    const client = open()
    await follow(client, { window: 2 })
    topics.publish('todos', 1, 2, 3)
    client.connection.drained()
    await client.settle()
    expect(client.channel.offsets('todos')).toEqual([1, 2])
  })
})

test('an event is encoded once for all subscribers', async () => {
  const { topics, open } = serve()
  const talks = [open(), open(), open()]
  for (const client of talks) await follow(client)
  topics.publish('todos', { big: 'x' })
  const [event] = topics.log('todos')
  const text = event?.as(jsonFormat.event)
  expect(talks.map(({ channel }) => channel.raw.at(-1))).toEqual([text, text, text])
})
