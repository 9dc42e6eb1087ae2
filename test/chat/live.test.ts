import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { dialTcp, parseAddress } from '../../adapters/cli/chat/dial.ts'
import { type Dial, Live } from '../../src/web/public/live.js'
import { servers } from '../process/servers.ts'

interface Message {
  id?: number
  method: string
  params?: { topic?: string; after?: object }
}

/** A server that says what the test has it say. */
class Script {
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
  async hears(method: string): Promise<Message> {
    for (;;) {
      const index = this.#messages.findIndex((message) => message.method === method)
      const [found] = index === -1 ? [] : this.#messages.splice(index, 1)
      if (found) return found
      await this.#changed.promise
    }
  }

  says(message: object): void {
    this.#listener?.message(JSON.stringify({ jsonrpc: '2.0', ...message }))
  }

  async answers(method: string, result: object): Promise<Message> {
    const request = await this.hears(method)
    this.says({ id: request.id, result })
    return request
  }

  greets(heartbeatMs = 20_000): Promise<Message> {
    return this.answers('hello', { version: 1, heartbeatMs })
  }

  breaks(code: number): void {
    this.#listener?.closed(code, 'broken')
  }

  get dialled(): number {
    return this.#dialled
  }
}

function open(dial: Dial): Live {
  const live = new Live(dial, 'test')
  onTestFinished(() => live.close())
  return live
}

const at = (offset: number) => ({ epoch: 'e', offset })
const event = (offset: number) => ({ topic: 'news', offset, type: 'said', at: '', data: offset })

describe('a session', () => {
  test('resumes its subscriptions and memberships on a new connection, where they were', async () => {
    const server = new Script()
    const live = open(server.dial)
    const heard: number[] = []
    live.subscribe('news', at(4), { event: ({ data }) => heard.push(data as number) })
    live.join('news', 'Ada', () => {}).update({ typing: true })
    await server.greets()
    await server.answers('subscribe', { topic: 'news', position: at(4), recovered: true })
    await server.hears('join')
    for (const offset of [5, 5, 6]) server.says({ method: 'event', params: event(offset) })
    server.breaks(1006)
    await server.greets()
    expect((await server.hears('subscribe')).params?.after).toEqual(at(6))
    expect((await server.hears('join')).params).toMatchObject({ name: 'Ada', state: { typing: true } })
    expect(heard).toEqual([5, 6])
  })

  test('reads on from the log where an event is missing', async () => {
    const server = new Script()
    const live = open(server.dial)
    live.subscribe('news', at(4), { event: () => {} })
    await server.greets()
    await server.answers('subscribe', { topic: 'news', position: at(4), recovered: true })
    server.says({ method: 'event', params: event(6) })
    expect((await server.hears('subscribe')).params?.after).toEqual(at(4))
  })

  test('tells what is lost, and goes on behind it', async () => {
    const server = new Script()
    const live = open(server.dial)
    const told: unknown[] = []
    live.subscribe('news', at(4), {
      start: ({ recovered, reason }) => told.push({ recovered, reason }),
      event: ({ data }) => told.push(data),
    })
    await server.greets()
    await server.answers('subscribe', { topic: 'news', position: at(90), recovered: false, reason: 'trimmed' })
    server.says({ method: 'event', params: event(91) })
    server.says({ method: 'gap', params: { topic: 'news', reason: 'epoch', position: at(0) } })
    server.says({ method: 'event', params: event(1) })
    expect(told).toEqual([{ recovered: false, reason: 'trimmed' }, 91, { recovered: false, reason: 'epoch' }, 1])
  })

  test('gives up a connection on which a ping stays without an answer, and opens another', async () => {
    const server = new Script()
    const live = open(server.dial)
    await server.greets(20)
    await server.hears('ping')
    await server.greets()
    expect(server.dialled).toBe(2)
    expect(live.isLive).toBe(true)
  })

  test('keeps a connection on which anything is heard', async () => {
    const server = new Script()
    open(server.dial)
    await server.greets(20)
    for (let times = 0; times < 3; times += 1) {
      await server.hears('ping')
      server.says({ method: 'pong' })
    }
    expect(server.dialled).toBe(1)
  })

  test('answers a ping', async () => {
    const server = new Script()
    open(server.dial)
    await server.greets()
    server.says({ method: 'ping' })
    await server.hears('pong')
  })

  test.each([1000, 1002, 1003, 1008, 1009])('does not come back after the code %i', async (code) => {
    const server = new Script()
    const live = open(server.dial)
    await server.greets()
    server.breaks(code)
    expect(live.status.state).toBe('ended')
  })

  test.each([1001, 1006, 1011, 1012, 1013, 4408])('comes back after the code %i', async (code) => {
    const server = new Script()
    const live = open(server.dial)
    await server.greets()
    server.breaks(code)
    expect(live.status.state).toBe('offline')
    live.wake()
    await server.greets()
    expect(live.isLive).toBe(true)
  })

  test('does what the goodbye says, whatever the code of the connection is', async () => {
    const server = new Script()
    const live = open(server.dial)
    await server.greets()
    server.says({ method: 'goaway', params: { code: 1008, reason: 'not allowed', reconnect: false } })
    server.breaks(1006)
    expect(live.status).toMatchObject({ state: 'ended', reason: 'not allowed' })
  })

  test('fails what is asked without a connection, and what was not answered before it broke', async () => {
    const server = new Script()
    const live = open(server.dial)
    await expect(live.request('GET /early')).rejects.toMatchObject({ code: 0 })
    await server.greets()
    const asked = live.request('GET /late')
    server.breaks(1006)
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

  async function connect(): Promise<Live> {
    if (!address) throw new Error('The server has no address')
    const live = open(dialTcp(address))
    await new Promise<void>((resolve) => live.addEventListener('status', () => live.isLive && resolve()))
    return live
  }

  test('a subscription goes on past its window, without a hole', async () => {
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
    const live = await connect()
    const failed = live.request('POST /api/todos', { body: { title: '' } })
    await expect(failed).rejects.toMatchObject({ code: 400, data: { details: [{ field: 'title' }] } })
  })
})
