/** HTTP and messages on one port: the protocol is chosen by the first byte of a connection, however the bytes arrive. */
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { dialTcp, encoded, openSocket, request, talkOn } from './clients.ts'
import { tcpServerKinds, useServer } from './servers.ts'

const tcpKinds = ['tcp-json', 'tcp-cbor'] as const
const begin = { 'tcp-json': Buffer.alloc(0), 'tcp-cbor': Buffer.from('d9d9f7', 'hex') }

describe.each(sample(tcpServerKinds, 2))('on $name', (serverKind) => {
  const server = useServer(serverKind)

  test.each(tcpKinds)('reads %s that arrives byte by byte', async (kind) => {
    const socket = await openSocket(server().url)
    socket.setNoDelay(true)
    const client = talkOn(socket, kind)
    const message = request(1, 'echo', { text: 'ä🥛' })
    for (const byte of Buffer.concat([begin[kind], encoded(message, kind)])) {
      await new Promise<void>((resolve) => socket.write(Buffer.of(byte), () => resolve()))
    }
    expect(await client.next()).toEqual({ jsonrpc: '2.0', id: 1, result: { text: 'ä🥛' } })
    client.end()
    await client.closed
  })

  test.each(tcpKinds)('reads %s that is cut at any byte', async (kind) => {
    const bytes = Buffer.concat([begin[kind], encoded(request(1, 'echo', { text: 'ä' }), kind)])
    for (let cut = 1; cut < bytes.length; cut++) {
      const client = talkOn(await openSocket(server().url), kind)
      await new Promise<void>((resolve) => client.socket.write(bytes.subarray(0, cut), () => resolve()))
      client.socket.write(bytes.subarray(cut))
      expect((await client.next()).result).toEqual({ text: 'ä' })
      client.end()
      await client.closed
    }
  })

  test.each(tcpKinds)('answers all requests that %s sent before it half-closed, and then ends', async (kind) => {
    const client = await dialTcp(server().url, kind)
    const requests = [request(1, 'GET /api/todos'), request(2, 'POST /api/todos', { body: { title: 'milk' } })]
    client.socket.end(Buffer.concat(requests.map((each) => encoded(each, kind))))
    const responses = [await client.next(), await client.next()].toSorted((a, b) => Number(a.id) - Number(b.id))
    expect(responses.map(({ result }) => result.status)).toEqual([200, 201])
    expect(await client.next()).toMatchObject({ method: 'goaway', params: { code: 1000 } })
    await client.closed
  })

  test('ends a session whose client has ended its side though it follows a topic', async () => {
    const client = await dialTcp(server().url, 'tcp-json')
    client.socket.end(encoded(request(1, 'subscribe', { topic: 'todos' }), 'tcp-json'))
    expect((await client.next()).result).toMatchObject({ topic: 'todos' })
    expect(await client.next()).toMatchObject({ method: 'goaway', params: { code: 1000 } })
    await client.closed
  })

  test('answers a last line without a line end', async () => {
    const socket = await openSocket(server().url)
    socket.end('{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":1}}')
    const [first = ''] = (await text(socket)).split('\n')
    expect(JSON.parse(first)).toMatchObject({ id: 1, result: { a: 1 } })
  })

  test('accepts CR LF as the end of a line', async () => {
    const client = talkOn(await openSocket(server().url), 'tcp-json')
    client.sendRaw('{"jsonrpc":"2.0","id":1,"method":"echo","params":[]}\r\n')
    expect((await client.next()).id).toBe(1)
    client.end()
  })

  test.each([
    ['a byte of nothing', Buffer.of(0)],
    ['an array', Buffer.from('[]\r\n\r\n')],
    ['garbage', Buffer.from('ff13370d0a0d0a', 'hex')],
    ['the first bytes of TLS', Buffer.from('160301020001000001fc', 'hex')],
  ])('treats %s as broken HTTP, and answers 400', async (_, bytes) => {
    const socket = await openSocket(server().url)
    socket.end(bytes)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('serves HTTP as ever beside sessions, on connections that are kept', async () => {
    const client = await dialTcp(server().url, 'tcp-json')
    const socket = await openSocket(server().url)
    socket.write(
      'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n',
    )
    const last = 'Host: localhost\r\nConnection: close\r\nContent-Length: 16\r\n\r\n{"title":"milk"}'
    socket.write(`POST /api/todos HTTP/1.1\r\n${last}`)
    expect((await text(socket)).match(/HTTP\/1\.1 20\d/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 201'])
    expect((await client.ask(request(1, 'echo', [1]))).result).toEqual([1])
    client.end()
  })

  test.concurrent('closes a connection that sends nothing', async () => {
    const socket = await openSocket(server().url)
    expect(await text(socket)).toMatch(serverKind.engine === 'node' ? /^HTTP\/1\.1 408 / : /^$/)
  })

  test.concurrent('keeps a message connection that is quiet for longer than the head time-out of HTTP', async () => {
    const client = await dialTcp(server().url, 'tcp-json')
    await client.ask(request(1, 'echo'))
    const silent = await openSocket(server().url)
    await text(silent)
    expect((await client.ask(request(2, 'echo', [2]))).result).toEqual([2])
    client.end()
  })
})
