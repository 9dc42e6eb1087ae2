import { type IncomingHttpHeaders, request as open } from 'node:http'
import { expect, test } from 'vitest'
import type { Subject } from './http.ts'
import { createTodo } from './rows.ts'
import { eventsPath, positionOf, publish, publishMany } from './topics.ts'

/** One message of a stream. */
interface Message {
  id: string
  event: string
  data: unknown
}

interface Stream {
  status: number
  headers: IncomingHttpHeaders
  /** The next message; null at the end. */
  next(): Promise<Message | null>
  close(): void
}

function messageOf(block: string): Message {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()]
    }),
  )
  return {
    id: fields.get('id') ?? '',
    event: fields.get('event') ?? 'message',
    data: JSON.parse(fields.get('data') ?? 'null'),
  }
}

async function* messagesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Message> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of chunks) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) if (block.includes('data:')) yield messageOf(block)
  }
}

/** Opens a stream of events. */
export function openStream(url: string, headers: Record<string, string> = {}): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = open(url, { agent: false, headers: { Accept: 'text/event-stream', ...headers } }, (response) => {
      const messages = messagesOf(response)
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        next: async () => (await messages.next()).value ?? null,
        close: () => request.destroy(),
      })
    })
    request.on('error', reject)
    request.end()
  })
}

export function topicStreamCases({ send, origin }: Subject): void {
  async function follow(topic: string, options: { query?: string; headers?: Record<string, string> } = {}) {
    return openStream(`${origin()}/api/topics/${topic}/events${options.query ?? ''}`, options.headers)
  }

  test('a stream begins with the position, and then sends events', async () => {
    const position = await positionOf(send, 'todos')
    const stream = await follow('todos')
    expect(await stream.next()).toEqual({
      id: `${position.epoch}:${position.offset}`,
      event: 'position',
      data: { ...position, recovered: true },
    })
    for (const n of [1, 2, 3]) {
      const todo = await createTodo(send)
      const message = await stream.next()
      expect(message).toMatchObject({ id: `${position.epoch}:${position.offset + n}`, event: 'message' })
      expect(message?.data).toEqual({
        offset: position.offset + n,
        type: 'created',
        at: expect.any(String),
        data: todo,
      })
    }
    stream.close()
  })

  test('Last-Event-ID continues after that event', async () => {
    const { epoch, offset } = await positionOf(send, 'playground')
    for (const type of ['a', 'b', 'c']) await publish(send, 'playground', { type })
    const stream = await follow('playground', { headers: { 'Last-Event-ID': `${epoch}:${offset + 1}` } })
    expect((await stream.next())?.data).toEqual({ epoch, offset: offset + 1, recovered: true })
    expect((await stream.next())?.data).toMatchObject({ type: 'b' })
    expect((await stream.next())?.data).toMatchObject({ type: 'c' })
    stream.close()
  })

  test('the query sets the start, and Last-Event-ID takes precedence', async () => {
    const { epoch, offset } = await positionOf(send, 'playground')
    for (const type of ['a', 'b']) await publish(send, 'playground', { type })
    const query = `?after=${offset}&epoch=${epoch}`
    const [first, later] = [
      await follow('playground', { query }),
      await follow('playground', { query, headers: { 'Last-Event-ID': `${epoch}:${offset + 1}` } }),
    ]
    for (const [stream, type] of [[first, 'a'] as const, [later, 'b'] as const]) {
      await stream.next()
      expect((await stream.next())?.data).toMatchObject({ type: type })
      stream.close()
    }
  })

  test.each([
    ['of another history', 'epoch', (epoch: string, offset: number) => `0${epoch.slice(1)}f:${offset}`],
    ['of another server', 'epoch', () => 'no id of ours'],
    ['that has not been yet', 'future', (epoch: string, offset: number) => `${epoch}:${offset + 1}`],
  ])('an id %s is a gap in the stream, which continues from the newest event', async (_, reason, idOf) => {
    const position = await positionOf(send, 'todos')
    const id = `${position.epoch}:${position.offset}`
    const stream = await follow('todos', { headers: { 'Last-Event-ID': idOf(position.epoch, position.offset) } })
    const data = { ...position, recovered: false, reason }
    expect(stream.status).toBe(200)
    expect(await stream.next()).toEqual({ id, event: 'position', data })
    expect(await stream.next()).toEqual({ id, event: 'gap', data })
    const todo = await createTodo(send)
    expect((await stream.next())?.data).toMatchObject({ data: todo })
    stream.close()
  })

  test('a stream is never stored, compressed or buffered', async () => {
    const stream = await follow('todos', { headers: { 'Accept-Encoding': 'gzip, deflate' } })
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    expect(stream.headers).not.toHaveProperty('content-encoding')
    expect(stream.headers).not.toHaveProperty('content-length')
    expect(stream.headers).toHaveProperty('x-request-id')
    stream.close()
  })

  test('all followers get the same events in the same order', async () => {
    const streams = await Promise.all(Array.from({ length: 12 }, () => follow('playground')))
    for (const stream of streams) await stream.next()
    await Promise.all(Array.from({ length: 30 }, (_, n) => publish(send, 'playground', { type: 'x', data: n })))
    const seen = await Promise.all(
      streams.map(async (stream) => {
        const offsets: unknown[] = []
        for (let n = 0; n < 30; n += 1) offsets.push((await stream.next())?.id)
        return offsets.join()
      }),
    )
    expect(new Set(seen).size).toBe(1)
    for (const stream of streams) stream.close()
  })

  test('a stream of many events begins where it was asked to and leaves out none', async () => {
    const { epoch, offset } = await positionOf(send, 'playground')
    const sizes = Array.from({ length: 300 }, (_, n) => (n % 50 === 0 ? 60_000 : 10))
    const bodies = sizes.map((size) => ({ type: 'x', data: 'x'.repeat(size) }))
    await publishMany(send, 'playground', bodies)
    const stream = await follow('playground', { query: `?after=${offset}&epoch=${epoch}` })
    await stream.next()
    for (let n = 1; n <= sizes.length; n += 1) expect((await stream.next())?.id).toBe(`${epoch}:${offset + n}`)
    stream.close()
  })

  test('a stream of an audience has the events of its own rows', async () => {
    const room = crypto.randomUUID()
    const stream = await follow(`notes/${room}`)
    expect((await stream.next())?.data).toMatchObject({ offset: 0 })
    await send('POST /api/notes', { body: { room: crypto.randomUUID() } })
    await send('POST /api/notes', { body: { room } })
    expect((await stream.next())?.data).toMatchObject({ data: { room } })
    stream.close()
  })

  test('HEAD of a stream has its headers and no body', async () => {
    const reply = await send('HEAD /api/topics/todos/events', { headers: { Accept: 'text/event-stream' } })
    expect([reply.status, reply.text]).toEqual([200, ''])
    expect(reply.header('content-type')).toBe('text/event-stream; charset=utf-8')
  })

  test('a topic that is not there, and a bad query, are errors and no streams', async () => {
    const headers = { Accept: 'text/event-stream' }
    expect((await send('GET /api/topics/nothing/events', { headers })).status).toBe(404)
    expect((await send('GET /api/topics/vault/events', { headers })).status).toBe(404)
    expect((await send('GET /api/topics/todos/events?after=1', { headers })).status).toBe(400)
    const path = eventsPath('todos', { epoch: 'e', offset: 0 }, { since: '1' })
    expect((await send(`GET ${path}`, { headers })).status).toBe(400)
  })
}
