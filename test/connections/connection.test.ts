import { describe, expect, test } from 'vitest'
import { cborFormat } from '../../src/connections/cbor-format.ts'
import { MessageError } from '../../src/connections/message-error.ts'
import { formats, serve, type TestClient } from './test-client.ts'

const only = ({ channel }: TestClient) => {
  expect(channel.sent).toHaveLength(1)
  return channel.sent[0]
}

describe.each(formats)('in %s', (_, format) => {
  test('hello returns version, connection, epoch, heartbeat and limits', async () => {
    const { topics, open } = serve({ format, heartbeatMs: null })
    topics.epoch = 'e7'
    const client = open()
    expect(await client.call('hello', { versions: [1, 2], client: 'a test' })).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {
        version: 1,
        connection: '01'.repeat(16),
        user: null,
        epoch: 'e7',
        heartbeatMs: 20_000,
        limits: {
          messageBytesMax: 1_114_112,
          requestsMax: 256,
          subscriptionsMax: 256,
          membershipsMax: 16,
          windowMax: 10_000,
        },
      },
    })
  })

  test.each([undefined, null, {}, [1, 'two'], 'text', 0, { deep: [{ er: true }] }])(
    'echo answers with the params: %j',
    async (params) => {
      const { open } = serve({ format })
      expect(await open().call('echo', params)).toEqual({ jsonrpc: '2.0', id: 1, result: params ?? null })
    },
  )

  test('ping is answered with pong', () => {
    const { open } = serve({ format })
    const client = open()
    client.notify('ping')
    expect(client.channel.raw).toEqual([format.pong])
  })

  test('pong is not answered', () => {
    const client = serve({ format }).open()
    client.notify('pong')
    expect(client.channel.sent).toEqual([])
  })

  test.each([
    ['a text', 'x'.repeat(64)],
    ['an empty text', ''],
    ['a number', -5],
    ['zero', 0],
  ])('%s may be an id', (_, id) => {
    const client = serve({ format }).open()
    client.say({ jsonrpc: '2.0', id, method: 'echo' })
    expect(only(client)).toEqual({ jsonrpc: '2.0', id, result: null })
  })

  test.each([
    ['an id that is too long', { jsonrpc: '2.0', id: 'x'.repeat(65), method: 'echo' }],
    ['an id that is a fraction', { jsonrpc: '2.0', id: 1.5, method: 'echo' }],
    ['an id that is null', { jsonrpc: '2.0', id: null, method: 'echo' }],
    ['an id that is an object', { jsonrpc: '2.0', id: {}, method: 'echo' }],
    ['a batch', [{ jsonrpc: '2.0', id: 1, method: 'echo' }]],
    ['an empty object', {}],
  ])('%s is error -32600 without an id, and the connection continues', async (_, message) => {
    const client = serve({ format }).open()
    client.say(message)
    expect(only(client)).toMatchObject({ id: null, error: { code: -32600 } })
    expect((await client.call('echo')).result).toBeNull()
  })

  test.each([
    ['no method', { jsonrpc: '2.0', id: 7 }],
    ['a method that is no text', { jsonrpc: '2.0', id: 7, method: 5 }],
    ['a response', { jsonrpc: '2.0', id: 7, result: {} }],
    ['another version of JSON-RPC', { id: 7, method: 'echo' }],
  ])('%s is error -32600 with its id', (_, message) => {
    const client = serve({ format }).open()
    client.say(message)
    expect(only(client)).toMatchObject({ id: 7, error: { code: -32600 } })
  })

  test.each(['nothing', 'Hello', '', '__proto__', 'constructor', 'rpc.echo'])(
    'the method %j is error -32601',
    async (method) => {
      expect((await serve({ format }).open().call(method)).error.code).toBe(-32601)
    },
  )

  test.each([
    ['hello', { versions: [2] }],
    ['hello', { versions: 1 }],
    ['hello', { client: 1 }],
    ['subscribe', undefined],
    ['subscribe', []],
    ['subscribe', { topic: '' }],
    ['subscribe', { topic: 5 }],
    ['subscribe', { topic: 'x'.repeat(201) }],
    ['subscribe', { topic: 'todos', window: 0 }],
    ['subscribe', { topic: 'todos', window: 10_001 }],
    ['subscribe', { topic: 'todos', window: 1.5 }],
    ['subscribe', { topic: 'todos', after: 3 }],
    ['subscribe', { topic: 'todos', after: { offset: 3 } }],
    ['subscribe', { topic: 'todos', after: { epoch: 'e1', offset: -1 } }],
    ['unsubscribe', { topic: 'todos' }],
    ['join', { topic: 'chat' }],
    ['join', { topic: 'chat', name: '' }],
    ['join', { topic: 'chat', name: '  ' }],
    ['join', { topic: 'chat', name: 'x'.repeat(65) }],
    ['join', { topic: 'chat', name: 'Ann', state: 'x'.repeat(1024) }],
    ['update', { topic: 'chat', state: {} }],
    ['leave', { topic: 'chat' }],
    ['cancel', {}],
  ])('%s with params %j is error -32602', async (method, params) => {
    expect((await serve({ format }).open().call(method, params)).error.code).toBe(-32602)
  })

  test('bytes that are not a message are error -32700 without an id, and the connection continues', async () => {
    const client = serve({ format }).open()
    await client.call('echo')
    client.connection.receive(format.name === 'json' ? '{"jsonrpc":' : Uint8Array.of(0xff))
    expect(client.channel.sent[1]).toMatchObject({ id: null, error: { code: -32700 } })
    expect((await client.call('echo')).id).toBe(2)
  })

  test('an invalid first message ends the connection with 1002', () => {
    const client = serve({ format }).open()
    client.connection.receive(format.name === 'json' ? '{"jsonrpc":' : Uint8Array.of(0xff))
    expect(client.channel.sent).toMatchObject([
      { id: null, error: { code: -32700 } },
      { method: 'goaway', params: { code: 1002, reconnect: false } },
    ])
    expect(client.channel.end?.code).toBe(1002)
  })

  test('a notification is never answered', async () => {
    const client = serve({ format }).open()
    for (const method of ['echo', 'hello', 'nothing', 'subscribe', 'GET /']) client.notify(method)
    await client.settle()
    expect(client.channel.sent).toEqual([])
  })

  test('unknown members are ignored', () => {
    const client = serve({ format }).open()
    client.say({ jsonrpc: '2.0', id: 1, method: 'echo', extra: { a: 1 } })
    expect(only(client)).toEqual({ jsonrpc: '2.0', id: 1, result: null })
  })
})

test('hello is refused when it is not the first message', async () => {
  const client = serve().open()
  await client.call('echo')
  expect((await client.call('hello')).error.code).toBe(-32600)
  expect((await client.call('echo')).result).toBeNull()
})

test('heartbeats before hello do not count as messages', async () => {
  const client = serve().open()
  client.notify('ping')
  expect((await client.call('hello')).result.version).toBe(1)
})

test('a version that is not spoken is refused with those that are', async () => {
  expect(
    (
      await serve()
        .open()
        .call('hello', { versions: [9] })
    ).error.data,
  ).toEqual({ versions: [1] })
})

test('a broken message that the framing has found is error -32700', async () => {
  const client = serve().open()
  await client.call('echo')
  client.connection.malformed(new MessageError(-32700, 'The message is not valid UTF-8.'))
  expect(client.channel.sent[1]?.error).toEqual({ code: -32700, message: 'The message is not valid UTF-8.' })
})

test('16 broken messages in a row end the connection with 1008', async () => {
  const client = serve().open()
  await client.call('echo')
  for (let count = 0; count < 15; count += 1) client.connection.receive('{')
  expect(client.channel.end).toBeNull()
  await client.call('echo')
  for (let count = 0; count < 16; count += 1) client.say({ jsonrpc: '2.0', id: 1.5, method: 'echo' })
  expect(client.channel.end?.code).toBe(1008)
})

test('hello again and again counts as broken', async () => {
  const client = serve().open()
  for (let count = 0; count < 17; count += 1) client.notify('hello')
  expect(client.channel.end?.code).toBe(1008)
})

test('bytes on JSON end the connection with 1003', () => {
  const client = serve().open()
  client.connection.receive(cborFormat.ping)
  expect(client.channel.end?.code).toBe(1003)
})

test('text on CBOR ends the connection with 1003, but a ping is answered in text', () => {
  const client = serve({ format: cborFormat }).open()
  client.connection.receive('{"jsonrpc":"2.0","method":"ping"}')
  expect(client.channel.raw).toEqual(['{"jsonrpc":"2.0","method":"pong"}'])
  client.connection.receive('{"jsonrpc":"2.0","id":1,"method":"echo"}')
  expect(client.channel.end?.code).toBe(1003)
})

test('after the end nothing is sent or done', async () => {
  const { open, connections, topics } = serve()
  const client = open()
  await client.call('subscribe', { topic: 'todos' })
  client.connection.end(1011, 'Test.')
  const { length } = client.channel.sent
  client.say({ jsonrpc: '2.0', id: 9, method: 'echo' })
  client.connection.malformed(new MessageError(-32700))
  topics.publish('todos', 1)
  client.connection.drained()
  client.connection.halfClosed()
  client.connection.closed()
  client.connection.end(1012, 'Again.')
  expect(client.channel.sent).toHaveLength(length)
  expect(client.channel.end?.code).toBe(1011)
  expect(client.connection.isClosed).toBe(true)
  expect([connections.count, topics.followers.size]).toEqual([0, 0])
})

test.each([
  [1000, false],
  [1002, false],
  [1003, false],
  [1008, false],
  [1009, false],
  [1011, true],
  [1012, true],
  [1013, true],
  [4408, true],
] as const)('goaway %i tells whether to reconnect', (code, reconnect) => {
  const client = serve().open()
  client.connection.end(code, 'Because.')
  expect(only(client)).toEqual({ jsonrpc: '2.0', method: 'goaway', params: { code, reason: 'Because.', reconnect } })
  expect(client.channel.end).toEqual({ code, reason: 'Because.' })
})

test('a client that only stops sending is sent its responses first, then 1000', async () => {
  const latch = Promise.withResolvers<Response>()
  const client = serve({ fetch: () => latch.promise }).open()
  const id = client.ask('GET /slow')
  client.connection.halfClosed()
  expect(client.channel.end).toBeNull()
  latch.resolve(Response.json({ data: 1 }))
  await client.response(id)
  expect(client.channel.sent.map(({ id: each, method }) => each ?? method)).toEqual([id, 'goaway'])
  expect(client.channel.end?.code).toBe(1000)
})

test('a client that stops sending with nothing on its way is sent 1000 at once', () => {
  const client = serve().open()
  client.connection.halfClosed()
  expect(client.channel.end?.code).toBe(1000)
})
