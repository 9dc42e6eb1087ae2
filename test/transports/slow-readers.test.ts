/** A client that sends requests or follows a topic but does not read: it costs the server little memory, and other clients nothing. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { type Client, dialTcp, dialWebSocket, type Message, request } from './clients.ts'
import { serverKinds, tcpServerKinds, useServer } from './servers.ts'

const megabyte = 1024 ** 2
/** Far above the buffers of one connection, and far below their size without a limit. */
const growthMax = 60 * megabyte

/** The most memory that a process has had. */
async function peakBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) * 1024
}

async function responses(client: Client, count: number): Promise<number[]> {
  const ids: number[] = []
  while (ids.length < count) {
    const { id, result } = await client.next()
    if (result !== undefined) ids.push(Number(id))
  }
  return ids.toSorted((a, b) => a - b)
}

describe.each(sample(tcpServerKinds, 2))('on $name', (serverKind) => {
  const server = useServer(serverKind)

  test('buffers little for a client that sends many requests and reads nothing, and answers all once it reads', async () => {
    const slow = await dialTcp(server().url, 'tcp-json')
    const quick = await dialTcp(server().url, 'tcp-json')
    await slow.ask(request('warm', 'echo'))
    slow.socket.pause()
    const before = await peakBytes(server().process.pid)
    const count = 400
    for (let id = 0; id < count; id++) slow.send(request(id, 'echo', { text: 'x'.repeat(400_000) }))
    for (let id = 0; id < 500; id++) await quick.ask(request(id, 'GET /api/todos?limit=1'))
    expect((await peakBytes(server().process.pid)) - before).toBeLessThan(growthMax)
    slow.socket.resume()
    expect(await responses(slow, count)).toEqual(Array.from({ length: count }, (_, id) => id))
    slow.end()
    quick.end()
  })

  test.runIf(serverKind.engine === 'galley')(
    'buffers little when small requests in one write have large responses, and answers all once they are read',
    async () => {
      const maker = await dialTcp(server().url, 'tcp-json')
      await makeTodos(maker)
      const slow = await dialWebSocket(server().url, 'ws-json')
      slow.webSocket.pause()
      const before = await peakBytes(server().process.pid)
      const count = 200
      for (let id = 0; id < count; id++) slow.send(request(id, 'GET /api/todos?limit=1000'))
      for (let id = 0; id < 500; id++) await maker.ask(request(id, 'GET /api/todos?limit=1'))
      expect((await peakBytes(server().process.pid)) - before).toBeLessThan(growthMax)
      slow.webSocket.resume()
      expect(await responses(slow, count)).toEqual(Array.from({ length: count }, (_, id) => id))
      slow.end()
      maker.end()
    },
  )

  test.runIf(serverKind.engine === 'node')('ends a connection with 1013 whose responses pile up', async () => {
    const client = await dialTcp(server().url, 'tcp-json')
    await makeTodos(client)
    for (let id = 0; id < 200; id++) client.send(request(id, 'GET /api/todos?limit=1000'))
    let message: Message
    do message = await client.next()
    while (message.method !== 'goaway')
    expect(message.params).toMatchObject({ code: 1013, reconnect: true })
    await client.closed
  })
})

/** So many that a list of them is half a megabyte. */
async function makeTodos(client: Client): Promise<void> {
  const title = 'x'.repeat(500)
  for (let id = 0; id < 800; id += 200) {
    for (let each = id; each < id + 200; each++) client.send(request(each, 'POST /api/todos', { body: { title } }))
    await responses(client, 200)
  }
}

describe.each(sample(serverKinds, 2))('on $name', (serverKind) => {
  const server = useServer(serverKind)

  test('brings all events to a follower that read nothing for long, while others have them at once', async () => {
    const slow = await dialWebSocket(server().url, 'ws-json')
    const quick = await dialWebSocket(server().url, 'ws-json')
    for (const client of [slow, quick]) await client.ask(request('s', 'subscribe', { topic: 'todos', window: 10_000 }))
    slow.webSocket.pause()
    const count = 3000
    const body = { title: 'x'.repeat(500) }
    for (let sent = 0; sent < count; sent += 100) {
      for (let id = sent; id < sent + 100; id++) quick.send(request(id, 'POST /api/todos', { body }))
      await events(quick, 100)
    }
    slow.webSocket.resume()
    const offsets = await events(slow, count)
    expect(offsets).toEqual(offsets.map((_, index) => (offsets[0] as number) + index))
    slow.end()
    quick.end()
  })
})

async function events(client: Client, count: number): Promise<number[]> {
  const offsets: number[] = []
  while (offsets.length < count) {
    const { method, params } = await client.next()
    if (method === 'event') offsets.push(params.offset)
  }
  return offsets
}
