import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { dialTcp, parseAddress } from '../../adapters/cli/chat/dial.ts'
import { type Dial, MessageClient } from '../../src/client/message-client.js'
import { servers } from '../process/servers.ts'

interface Message {
  id?: number
  method: string
  params?: { topic?: string; after?: object }
}

/** A server that sends the messages of the test. */
class ScriptedServer {
  readonly dial: Dial
  #listener: Parameters<Dial>[0] | null = null
  #messages: Message[] = []
  #dialled = 0
  #changed = Promise.withResolvers<void>()

  constructor() {
    this.dial = (listener) => {
      this.#listener = listener
      this.#dialled += 1
      queueMicrotask(() => listener.opened())
      return { send: (text) => this.#take(JSON.parse(text) as Message), close: () => {} }
    }
  }

  #take(message: Message): void {
    this.#messages.push(message)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** The next message with this method. */
  async receives(method: string): Promise<Message> {
    for (;;) {
      const index = this.#messages.findIndex((message) => message.method === method)
      const [found] = index === -1 ? [] : this.#messages.splice(index, 1)
      if (found) return found
      await this.#changed.promise
    }
  }

  sends(message: object): void {
    this.#listener?.message(JSON.stringify({ jsonrpc: '2.0', ...message }))
  }

  async responds(method: string, result: object): Promise<Message> {
    const request = await this.receives(method)
    this.sends({ id: request.id, result })
    return request
  }

  acceptsHello(heartbeatMs = 20_000): Promise<Message> {
    return this.responds('hello', { version: 1, heartbeatMs })
  }

  closes(code: number): void {
    this.#listener?.closed(code, 'broken')
  }

  get dialled(): number {
    return this.#dialled
  }
}

function open(dial: Dial): MessageClient {
  const client = new MessageClient(dial, 'test')
  onTestFinished(() => client.close())
  return client
}

const at = (offset: number) => ({ epoch: 'e', offset })
const event = (offset: number) => ({ topic: 'news', offset, type: 'said', at: '', data: offset })

describe('a message client', () => {
  test('resumes its subscriptions and memberships on a new connection, where they were', async () => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    const received: number[] = []
    client.subscribe('news', at(4), { event: ({ data }) => received.push(data as number) })
    client.join('news', 'Ada', () => {}).update({ typing: true })
    await server.acceptsHello()
    await server.responds('subscribe', { topic: 'news', position: at(4), recovered: true })
    await server.receives('join')
    for (const offset of [5, 5, 6]) server.sends({ method: 'event', params: event(offset) })
    server.closes(1006)
    await server.acceptsHello()
    expect((await server.receives('subscribe')).params?.after).toEqual(at(6))
    expect((await server.receives('join')).params).toMatchObject({ name: 'Ada', state: { typing: true } })
    expect(received).toEqual([5, 6])
  })

  test('subscribes again from the log when an event is missing', async () => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    client.subscribe('news', at(4), { event: () => {} })
    await server.acceptsHello()
    await server.responds('subscribe', { topic: 'news', position: at(4), recovered: true })
    server.sends({ method: 'event', params: event(6) })
    expect((await server.receives('subscribe')).params?.after).toEqual(at(4))
  })

  test('reports lost events, and continues after them', async () => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    const calls: unknown[] = []
    client.subscribe('news', at(4), {
      start: ({ recovered, reason }) => calls.push({ recovered, reason }),
      event: ({ data }) => calls.push(data),
    })
    await server.acceptsHello()
    await server.responds('subscribe', { topic: 'news', position: at(90), recovered: false, reason: 'trimmed' })
    server.sends({ method: 'event', params: event(91) })
    server.sends({ method: 'gap', params: { topic: 'news', reason: 'epoch', position: at(0) } })
    server.sends({ method: 'event', params: event(1) })
    expect(calls).toEqual([{ recovered: false, reason: 'trimmed' }, 91, { recovered: false, reason: 'epoch' }, 1])
  })

  test('replaces a connection on which nothing is received after a ping', async () => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    await server.acceptsHello(20)
    await server.receives('ping')
    await server.acceptsHello()
    expect(server.dialled).toBe(2)
    expect(client.isConnected).toBe(true)
  })

  test('keeps a connection on which any message is received', async () => {
    const server = new ScriptedServer()
    open(server.dial)
    await server.acceptsHello(20)
    for (let times = 0; times < 3; times += 1) {
      await server.receives('ping')
      server.sends({ method: 'pong' })
    }
    expect(server.dialled).toBe(1)
  })

  test('answers a ping', async () => {
    const server = new ScriptedServer()
    open(server.dial)
    await server.acceptsHello()
    server.sends({ method: 'ping' })
    await server.receives('pong')
  })

  test.each([1000, 1002, 1003, 1008, 1009])('does not reconnect after the code %i', async (code) => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    await server.acceptsHello()
    server.closes(code)
    expect(client.status.state).toBe('closed')
  })

  test.each([1001, 1006, 1011, 1012, 1013, 4408])('reconnects after the code %i', async (code) => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    await server.acceptsHello()
    server.closes(code)
    expect(client.status.state).toBe('offline')
    client.wake()
    await server.acceptsHello()
    expect(client.isConnected).toBe(true)
  })

  test('reconnects while the server has not answered hello', async () => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    await server.receives('hello')
    client.reconnect()
    await server.acceptsHello()
    expect(client.status).toMatchObject({ state: 'connected' })
  })

  test('retries after a loss before the server has answered hello', async () => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    await server.receives('hello')
    server.closes(1006)
    expect(client.status).toMatchObject({ state: 'offline', code: 1006 })
    await server.acceptsHello()
    expect(client.status).toMatchObject({ state: 'connected' })
  })

  test('follows goaway, whatever the close code of the connection is', async () => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    await server.acceptsHello()
    server.sends({ method: 'goaway', params: { code: 1008, reason: 'not allowed', reconnect: false } })
    server.closes(1006)
    expect(client.status).toMatchObject({ state: 'closed', reason: 'not allowed' })
  })

  test('an end of access ends the subscription and the membership, and another can follow', async () => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    await server.acceptsHello()
    const ended: string[] = []
    const follow = () => client.subscribe('news', null, { event: () => {}, end: () => ended.push('subscription') })
    follow()
    const member = { id: 'm', name: 'Ada', state: null }
    const membership = client.join('news', 'Ada', () => {})
    await server.responds('join', { topic: 'news', member: 'm', members: [member] })
    expect(membership.members.size).toBe(1)
    const error = { code: 404, message: 'There is no such topic.' }
    server.sends({ method: 'unsubscribed', params: { topic: 'news', position: { epoch: 'e', offset: 0 }, error } })
    server.sends({ method: 'left', params: { topic: 'news', error } })
    expect([ended, membership.members.size]).toEqual([['subscription'], 0])
    follow()
  })

  test('fails requests without a connection, and those without a response when it breaks', async () => {
    const server = new ScriptedServer()
    const client = open(server.dial)
    await expect(client.request('GET /early')).rejects.toMatchObject({ code: 0 })
    await server.acceptsHello()
    const asked = client.request('GET /late')
    server.closes(1006)
    await expect(asked).rejects.toMatchObject({ code: 0 })
  })
})

describe('with a real server', () => {
  const start = servers()
  let address: ReturnType<typeof parseAddress>

  beforeAll(async () => {
    const { url } = await start({ runtime: 'node' })
    address = parseAddress(url)
  })

  async function connect(): Promise<MessageClient> {
    if (!address) throw new Error('The server has no address')
    const client = open(dialTcp(address))
    await new Promise<void>((resolve) => client.addEventListener('status', () => client.isConnected && resolve()))
    return client
  }

  test('a subscription continues past its window, without a gap', async () => {
    const [reader, writer] = [await connect(), await connect()]
    const offsets: number[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const count = 2500
    reader.subscribe('todos', null, {
      event: ({ offset }) => {
        offsets.push(offset)
        if (offsets.length === count) resolve()
      },
    })
    await reader.request('echo', {})
    for (let index = 0; index < count; index += 50) {
      const batch = Array.from({ length: 50 }, () => writer.request('POST /api/todos', { body: { title: 'Todo' } }))
      await Promise.all(batch)
    }
    await promise
    expect(offsets).toEqual(Array.from({ length: count }, (_, index) => index + 1))
  })

  test('an error of a route has its status, its text and its details', async () => {
    const client = await connect()
    const failed = client.request('POST /api/todos', { body: { title: '' } })
    await expect(failed).rejects.toMatchObject({ code: 400, data: { details: [{ field: 'title' }] } })
  })
})
