/** Several requests of one connection at a time: their ids, their order, their number, and their cancellation. */
import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { endlessResponse } from './endless-response.ts'
import { serve } from './test-client.ts'

test('responses are sent as soon as they are ready', async () => {
  const latches = new Map([1, 2, 3].map((n) => [`/${n}`, Promise.withResolvers<Response>()]))
  const client = serve({ fetch: ({ url }) => latches.get(new URL(url).pathname)?.promise ?? new Response() }).open()
  for (const n of [1, 2, 3]) client.ask(`GET /${n}`)
  for (const n of [2, 3, 1]) {
    latches.get(`/${n}`)?.resolve(Response.json({ n }))
    await client.response(n)
  }
  expect(client.channel.sent.map(({ id }) => id)).toEqual([2, 3, 1])
})

test('an id in use is error -32600 without an id, and the first request is answered', async () => {
  const latch = Promise.withResolvers<Response>()
  const client = serve({ fetch: () => latch.promise }).open()
  client.say({ jsonrpc: '2.0', id: 'a', method: 'GET /' })
  client.say({ jsonrpc: '2.0', id: 'a', method: 'echo' })
  client.say({ jsonrpc: '2.0', id: 'a' })
  expect(client.channel.sent).toMatchObject([
    { id: null, error: { code: -32600 } },
    { id: null, error: { code: -32600 } },
  ])
  latch.resolve(Response.json({ data: 1 }))
  expect((await client.response('a')).result.status).toBe(200)
  client.say({ jsonrpc: '2.0', id: 'a', method: 'echo', params: 'again' })
  await client.channel.next(({ result }) => result === 'again')
})

test('1 and "1" are different ids', async () => {
  const client = serve({ fetch: () => new Promise<Response>(() => {}) }).open()
  client.say({ jsonrpc: '2.0', id: 1, method: 'GET /' })
  client.say({ jsonrpc: '2.0', id: '1', method: 'echo' })
  expect(client.channel.sent).toEqual([{ jsonrpc: '2.0', id: '1', result: null }])
})

test('the 257th request at a time is error 429, and later there is room again', async () => {
  const latches: PromiseWithResolvers<Response>[] = []
  const client = serve({
    fetch() {
      const latch = Promise.withResolvers<Response>()
      latches.push(latch)
      return latch.promise
    },
  }).open()
  const first = client.ask('GET /')
  for (let count = 1; count < 256; count += 1) client.ask('GET /')
  expect((await client.call('GET /')).error).toMatchObject({ code: 429, data: { code: 'too_many_requests' } })
  expect((await client.call('subscribe', { topic: 'todos' })).error.code).toBe(429)
  expect(latches).toHaveLength(256)
  latches[0]?.resolve(Response.json({}))
  await client.response(first)
  client.ask('GET /')
  expect(latches).toHaveLength(257)
})

describe('cancel', () => {
  const hanging = () => {
    const aborted = Promise.withResolvers<unknown>()
    const late = Promise.withResolvers<Response>()
    const { open } = serve({
      fetch({ signal }) {
        signal.addEventListener('abort', () => aborted.resolve(signal.reason))
        return late.promise
      },
    })
    return { aborted: aborted.promise, late, client: open() }
  }

  test('answers -32800 and aborts the request; the late response is cancelled', async () => {
    const { aborted, late, client } = hanging()
    const id = client.ask('GET /')
    client.notify('cancel', { id })
    expect((await client.response(id)).error).toEqual({ code: -32800, message: 'The request was cancelled.' })
    expect(await aborted).toMatchObject({ name: 'AbortError' })
    const { response, cancelled } = endlessResponse('text/plain')
    late.resolve(response)
    await cancelled
    expect(client.channel.sent).toHaveLength(1)
  })

  test('frees the id at once', async () => {
    const { late, client } = hanging()
    client.say({ jsonrpc: '2.0', id: 'x', method: 'GET /' })
    client.notify('cancel', { id: 'x' })
    client.say({ jsonrpc: '2.0', id: 'x', method: 'echo', params: 1 })
    late.resolve(Response.json({}))
    await client.settle()
    expect(client.channel.sent).toMatchObject([{ error: { code: -32800 } }, { id: 'x', result: 1 }])
  })

  test('stops a body that is being read', async () => {
    const quiet = Promise.withResolvers<void>()
    const body = new ReadableStream<Uint8Array>({ cancel: () => quiet.resolve() })
    const client = serve({ fetch: () => new Response(body, { headers: { 'content-type': 'text/plain' } }) }).open()
    const id = client.ask('GET /')
    client.notify('cancel', { id })
    await quiet.promise
    await client.settle()
    expect(client.channel.sent).toMatchObject([{ id, error: { code: -32800 } }])
  })

  test('of a subscribe leaves no subscription', async () => {
    const { topics, open } = serve()
    const latch = Promise.withResolvers<void>()
    topics.latch = latch.promise
    const client = open()
    const id = client.ask('subscribe', { topic: 'todos' })
    client.notify('cancel', { id })
    latch.resolve()
    await client.settle()
    expect(client.channel.sent).toMatchObject([{ id, error: { code: -32800 } }])
    expect(topics.followers.size).toBe(0)
    expect((await client.call('subscribe', { topic: 'todos' })).result.recovered).toBe(true)
  })

  test('of a request that is answered or was never made does nothing', async () => {
    const client = serve().open()
    const id = client.ask('echo')
    client.notify('cancel', { id })
    client.notify('cancel', { id: 'other' })
    client.notify('cancel', { id: { not: 'an id' } })
    await client.settle()
    expect(client.channel.sent).toHaveLength(1)
  })

  test('is what the end of the connection does to all requests', async () => {
    const { aborted, client } = hanging()
    client.ask('GET /')
    client.connection.closed()
    expect(await aborted).toMatchObject({ name: 'AbortError' })
    expect(client.channel.sent).toEqual([])
  })
})

test('a notification gets no response, whatever its outcome', async () => {
  const seen: string[] = []
  const { open, problems } = serve({
    fetch({ method, url }) {
      seen.push(`${method} ${new URL(url).pathname}`)
      if (seen.length === 2) throw new Error('broken')
      return seen.length === 3 ? Promise.reject(new AppError('internal')) : Response.json({})
    },
  })
  const client = open()
  for (let count = 0; count < 3; count += 1) client.notify('POST /api/todos', { body: {} })
  await client.settle()
  expect(seen).toEqual(['POST /api/todos', 'POST /api/todos', 'POST /api/todos'])
  expect(client.channel.sent).toEqual([])
  expect(problems).toHaveLength(1)
})
