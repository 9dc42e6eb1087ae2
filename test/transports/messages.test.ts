/** Messages on each transport: WebSocket and TCP, text and binary. */
import { describe, expect, test } from 'vitest'
import { dial, type Message, request } from './clients.ts'
import { serverKinds, useServer } from './servers.ts'

describe.each(serverKinds)('on $name', (serverKind) => {
  const server = useServer(serverKind)

  describe.each(serverKind.kinds)('by %s', (kind) => {
    test('answers a request to a route of the app', async () => {
      const client = await dial(server().url, kind)
      const { result } = await client.ask(request(1, 'GET /api/todos?limit=1'))
      expect(result).toMatchObject({ status: 200, body: { status: 200 } })
      client.end()
      await client.closed
    })

    test('stores the write of a request', async () => {
      const client = await dial(server().url, kind)
      const made = await client.ask(request('a', 'POST /api/todos', { body: { title: `milk by ${kind} – 🥛` } }))
      expect(made.result.status).toBe(201)
      const { id, title } = made.result.body.data
      const response = await fetch(`${server().url}/api/todos/${id}`)
      expect(await response.json()).toMatchObject({ data: { title } })
      expect(title).toBe(`milk by ${kind} – 🥛`)
      client.end()
    })

    test('answers many requests at a time, each once', async () => {
      const client = await dial(server().url, kind)
      for (let id = 0; id < 200; id++) client.send(request(id, 'echo', { id }))
      const ids = new Set<unknown>()
      while (ids.size < 200) {
        const { id, result } = await client.next()
        expect(result).toEqual({ id })
        ids.add(id)
      }
      client.end()
    })

    test('carries a message of nearly a megabyte both ways', async () => {
      const client = await dial(server().url, kind)
      const text = 'ü'.repeat(400_000)
      expect((await client.ask(request(1, 'echo', { text }))).result).toEqual({ text })
      client.end()
    })

    test('answers a ping', async () => {
      const client = await dial(server().url, kind)
      client.send({ jsonrpc: '2.0', method: 'ping' })
      expect(await client.next()).toEqual({ jsonrpc: '2.0', method: 'pong' })
      client.end()
    })

    test('sends the events of a topic to all followers, in order', async () => {
      const clients = await Promise.all([1, 2, 3].map(() => dial(server().url, kind)))
      for (const client of clients) await client.ask(request(1, 'subscribe', { topic: 'todos' }))
      const titles = Array.from({ length: 20 }, (_, index) => `${kind} ${index}`)
      for (const title of titles) clients[0]?.send(request(title, 'POST /api/todos', { body: { title } }))
      for (const client of clients) {
        const events: Message['params'][] = []
        while (events.length < titles.length) {
          const message = await client.next()
          if (message.method === 'event') events.push(message.params)
        }
        expect(new Set(events.map(({ data }) => data.title))).toEqual(new Set(titles))
        const [first] = events
        expect(events.map((event) => event.offset)).toEqual(titles.map((_, index) => Number(first?.offset) + index))
        client.end()
      }
    })

    test('continues after an invalid message', async () => {
      const client = await dial(server().url, kind)
      await client.ask(request(1, 'echo'))
      client.send([])
      expect((await client.next()).error?.code).toBe(-32600)
      client.send({ jsonrpc: '2.0', id: 7, method: 'nothing' })
      expect(await client.next()).toMatchObject({ id: 7, error: { code: -32601 } })
      client.end()
    })
  })
})
