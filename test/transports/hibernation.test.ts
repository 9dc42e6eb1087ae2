/** On Workers, connections outlive the memory of their Durable Object. */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { hibernate } from '../harness/hibernation.ts'
import { isFullRun } from '../harness/sample.ts'
import { type RunningWorker, startWorker } from '../harness/server.ts'

let server: RunningWorker
beforeAll(async () => {
  server = await startWorker('test/fixtures/wrangler.toml')
})
afterAll(() => server?.stop())

interface Message {
  id?: number
  method?: string
  result?: { recovered?: boolean }
  params?: { topic: string; offset: number; data: { title: string } }
}

/** A connection that queues received messages until they are read. */
async function connect() {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/connect`, 'galley.v1.json')
  const heard: Message[] = []
  socket.on('message', (data: Buffer) => {
    heard.push(JSON.parse(data.toString()) as Message)
    socket.emit('heard')
  })
  await once(socket, 'open')
  return {
    ask: (id: number, method: string, params: object) =>
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params })),
    async find(wanted: (message: Message) => boolean): Promise<Message> {
      for (;;) {
        const found = heard.find(wanted)
        if (found) return found
        await once(socket, 'heard')
      }
    },
    events: () => heard.flatMap(({ method, params }) => (method === 'event' && params ? [params.data.title] : [])),
    close: (code?: number) => socket.close(code),
    closed: once(socket, 'close').then(([code]) => code as number),
  }
}

const create = (title: string) =>
  fetch(`${server.url}/api/todos`, { method: 'POST', body: JSON.stringify({ title }) }).then(({ status }) => status)

test('an app under test runs on the storage of an object', async () => {
  expect(await (await fetch(`${server.url}/testing`)).json()).toEqual({ status: 201, rows: 1 })
})

test('a subscription continues after hibernation, and no event is lost or repeated', async () => {
  const session = await connect()
  session.ask(1, 'subscribe', { topic: 'todos' })
  session.ask(2, 'join', { topic: 'todos', name: 'ann' })
  await session.find(({ id }) => id === 2)
  expect(await create('before')).toBe(201)
  await session.find(({ method }) => method === 'event')
  await hibernate(server, { byItself: isFullRun })
  expect(await create('after')).toBe(201)
  await session.find(({ params }) => params?.data?.title === 'after')
  expect(session.events()).toEqual(['before', 'after'])
  const present = (await (await fetch(`${server.url}/api/topics/todos/presence`)).json()) as { data: object[] }
  expect(present.data).toMatchObject([{ name: 'ann' }])
  session.ask(3, 'GET /api/todos', {})
  expect(await session.find(({ id }) => id === 3)).toMatchObject({ result: { status: 200 } })
  session.close()
})

test('a subscription that waits for an ack continues from the log after hibernation', async () => {
  const session = await connect()
  session.ask(1, 'subscribe', { topic: 'todos', window: 1 })
  await session.find(({ id }) => id === 1)
  expect(await create('first')).toBe(201)
  expect(await create('second')).toBe(201)
  const { params } = await session.find(({ method }) => method === 'event')
  await hibernate(server, { byItself: isFullRun })
  session.ask(2, 'ack', { topic: 'todos', offset: params?.offset })
  await session.find(({ params: other }) => other?.data?.title === 'second')
  expect(session.events()).toEqual(['first', 'second'])
  session.close()
})

test.each([1000, 1001, 3000, 4999, undefined])('a close with %s is answered with the same code', async (code) => {
  const session = await connect()
  session.ask(1, 'echo', {})
  await session.find(({ id }) => id === 1)
  session.close(code)
  // A close without a code is 1005 to those who ask.
  expect(await session.closed).toBe(code ?? 1005)
})

test('a close after hibernation is answered, too, and its member leaves', async () => {
  const session = await connect()
  session.ask(1, 'join', { topic: 'todos', name: 'ben' })
  await session.find(({ id }) => id === 1)
  await hibernate(server, { byItself: false })
  session.close(1000)
  expect(await session.closed).toBe(1000)
  const present = (await (await fetch(`${server.url}/api/topics/todos/presence`)).json()) as {
    data: { name: string }[]
  }
  expect(present.data.map(({ name }) => name)).not.toContain('ben')
})

test('a job that waits outlives the memory of the object', async () => {
  const body = JSON.stringify({ text: 'later', delayMs: 1500 })
  const response = await fetch(`${server.url}/api/letters`, { method: 'POST', body })
  const { data } = (await response.json()) as { data: { id: string } }
  await hibernate(server, { byItself: false })
  const sentIn = async () => {
    const read = await fetch(`${server.url}/api/letters/${data.id}`)
    return ((await read.json()) as { data: { sentIn: number } }).data.sentIn
  }
  await expect.poll(sentIn, { timeout: 30_000 }).toBe(1)
})
