import { decode, encode } from 'cborg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type RunningServer, startProcess, startWorker } from '../harness/server.ts'
import { Inbox } from './inbox.ts'
import { create, createMany, position } from './topic.ts'

type Message = Record<string, unknown>

interface Connection {
  socket: WebSocket
  messages: Inbox<Message>
  closed: Promise<CloseEvent>
  send(message: Message): void
}

const start = {
  node: () => startProcess({ runtime: 'node' }),
  deno: () => startProcess({ runtime: 'deno' }),
  workers: () => startWorker(),
}

describe.each(['node', 'deno', 'workers'] as const)("Node's WebSocket with a server on %s", (runtime) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await start[runtime]()
  })
  afterAll(() => server?.stop())

  test.each(['json', 'cbor'] as const)('hello, requests and events work (%s)', async (form) => {
    const { socket, messages, send } = await connect(server, form)
    expect(socket.protocol).toBe(`galley.v1.${form}`)
    send({ id: 'h', method: 'hello', params: { versions: [1] } })
    expect(await messages.next()).toMatchObject({ id: 'h', result: { version: 1, epoch: expect.any(String) } })
    const after = await position(server)
    send({ id: 1, method: 'subscribe', params: { topic: 'todos', after } })
    expect(await messages.next()).toMatchObject({ id: 1, result: { topic: 'todos', position: after, recovered: true } })
    await create(server, `through ${form}`)
    expect(await messages.next()).toMatchObject({
      method: 'event',
      params: { topic: 'todos', offset: after.offset + 1, type: 'created', data: { title: `through ${form}` } },
    })
    send({ id: 2, method: 'GET /api/todos/nothing-here' })
    expect(await messages.next()).toMatchObject({ id: 2, error: { code: 404, data: { code: 'not_found' } } })
  })

  test.each(['json', 'cbor'] as const)('no more than a window of events is sent without an ack (%s)', async (form) => {
    const after = await position(server)
    const { messages, send } = await connect(server, form)
    send({ id: 1, method: 'subscribe', params: { topic: 'todos', after, window: 2 } })
    await messages.next()
    await createMany(server, 5)
    const offsets = async (count: number) =>
      (await messages.take(count)).map(({ params }) => (params as { offset: number }).offset - after.offset)
    expect(await offsets(2)).toEqual([1, 2])
    send({ id: 2, method: 'echo', params: {} })
    expect(await messages.next()).toMatchObject({ id: 2 })
    send({ method: 'ack', params: { topic: 'todos', offset: after.offset + 2 } })
    expect(await offsets(2)).toEqual([3, 4])
  })

  test.each(['json', 'cbor'] as const)('the constant ping is answered with the constant pong (%s)', async (form) => {
    const { socket } = await connect(server, form)
    const response = new Promise((resolve) => {
      socket.onmessage = ({ data }) => resolve(data)
    })
    socket.send('{"jsonrpc":"2.0","method":"ping"}')
    expect(await response).toBe('{"jsonrpc":"2.0","method":"pong"}')
  })

  test('without a subprotocol it is JSON', async () => {
    const { messages, send } = await connect(server)
    send({ id: 1, method: 'echo', params: { hello: 'there' } })
    expect(await messages.next()).toEqual({ jsonrpc: '2.0', id: 1, result: { hello: 'there' } })
  })

  test('a client that offers only unknown subprotocols is refused', async () => {
    await expect(connect(server, 'xml')).rejects.toThrow('did not open')
  })

  test('a binary frame on the text subprotocol ends the connection with 1003, after a goaway', async () => {
    const { socket, messages, closed } = await connect(server, 'json')
    socket.send(new Uint8Array([0xa0]))
    expect(await messages.next()).toMatchObject({ method: 'goaway', params: { code: 1003, reconnect: false } })
    expect(await closed).toMatchObject({ code: 1003 })
  })
})

async function connect(server: RunningServer, form?: string): Promise<Connection> {
  const url = `${server.url.replace('http', 'ws')}/api/connect`
  const socket = form ? new WebSocket(url, `galley.v1.${form}`) : new WebSocket(url)
  onTestFinished(() => socket.close())
  socket.binaryType = 'arraybuffer'
  const messages = new Inbox<Message>()
  socket.onmessage = ({ data }) =>
    messages.add(typeof data === 'string' ? JSON.parse(data) : decode(new Uint8Array(data)))
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error('The WebSocket did not open.'))
  })
  function send(message: Message): void {
    const whole = { jsonrpc: '2.0', ...message }
    socket.send(form === 'cbor' ? new Uint8Array(encode(whole)) : JSON.stringify(whole))
  }
  return { socket, messages, closed, send }
}
