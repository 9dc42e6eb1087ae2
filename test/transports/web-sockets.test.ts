/** Rules of WebSockets alone: handshake, allowed origins, pings, and closing. */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { WebSocket as WsWebSocket } from 'ws'
import { dialWebSocket, type Message, request } from './clients.ts'
import { serverKinds, useServer } from './servers.ts'

const handshake = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
}

/** The status and the JSON body of the response; closes the connection. A header that is null is left out. */
async function shake(
  url: string,
  headers: Record<string, string | null>,
  { path = '/api/connect', method = 'GET' }: { path?: string; method?: string } = {},
) {
  const all = Object.entries({ ...handshake, ...headers }).filter(([, value]) => value !== null)
  const sent = httpRequest(url + path, { method, headers: Object.fromEntries(all) })
  // Deno's own HTTP server refuses an upgrade with a body, even an empty one, before the app sees it.
  for (const name of ['Content-Length', 'Transfer-Encoding']) sent.removeHeader(name)
  sent.on('error', () => {})
  sent.end()
  const upgraded = once(sent, 'upgrade').then(([response, socket]) => {
    socket.destroy()
    return {
      status: (response as IncomingMessage).statusCode,
      headers: (response as IncomingMessage).headers,
      body: null,
    }
  })
  const answered = once(sent, 'response').then(async ([response]) => ({
    status: (response as IncomingMessage).statusCode,
    headers: (response as IncomingMessage).headers,
    body: (await json(response as IncomingMessage)) as { code: string },
  }))
  return await Promise.race([upgraded, answered])
}

describe.each(serverKinds)('on $name', (serverKind) => {
  const server = useServer(serverKind)

  test.each(['galley.v1.json', 'galley.v1.cbor'])(
    'speaks %s when it is asked for, whatever else is offered',
    async (name) => {
      const response = await shake(server().url, { 'Sec-WebSocket-Protocol': `other, ${name}` })
      expect(response).toMatchObject({ status: 101, headers: { 'sec-websocket-protocol': name } })
    },
  )

  test('names no subprotocol when none is asked for, and speaks JSON', async () => {
    const { status, headers } = await shake(server().url, {})
    expect([status, headers['sec-websocket-protocol']]).toEqual([101, undefined])
    const webSocket = new WsWebSocket(`${server().url.replace('http', 'ws')}/api/connect`)
    await once(webSocket, 'open')
    webSocket.send('{"jsonrpc":"2.0","id":1,"method":"echo","params":["a"]}')
    const [data] = await once(webSocket, 'message')
    expect(JSON.parse((data as Buffer).toString())).toEqual({ jsonrpc: '2.0', id: 1, result: ['a'] })
    webSocket.close()
  })

  test('refuses offers of nothing but unknown subprotocols with 400', async () => {
    const { status, body } = await shake(server().url, { 'Sec-WebSocket-Protocol': 'galley.v9.xml, other' })
    expect([status, body?.code]).toEqual([400, 'bad_request'])
  })

  test('refuses the page of another site with 403', async () => {
    const { status, body } = await shake(server().url, { Origin: 'https://evil.example' })
    expect([status, body?.code]).toEqual([403, 'cross_site'])
    expect((await shake(server().url, { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' })).status).toBe(
      403,
    )
  })

  test('lets its own pages connect', async () => {
    expect((await shake(server().url, { Origin: server().url, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(101)
    expect((await shake(server().url, { Origin: server().url })).status).toBe(101)
  })

  test('refuses a host name that is not its own with 421', async () => {
    expect((await shake(server().url, { Host: 'rebound.example' })).status).toBe(421)
  })

  test('answers an upgrade at any other path as a plain request', async () => {
    expect((await shake(server().url, {}, { path: '/api/todos' })).status).toBe(200)
    expect((await shake(server().url, {}, { path: '/nowhere' })).status).toBe(404)
    expect((await shake(server().url, {}, { path: '/api/v1/connect' })).status).toBe(101)
  })

  test.each(['8', '14', '13, 8', null])('answers 426 and its own version to version %s', async (version) => {
    const { status, headers, body } = await shake(server().url, { 'Sec-WebSocket-Version': version })
    expect([status, headers['sec-websocket-version'], body?.code]).toEqual([426, '13', 'upgrade_required'])
  })

  test.each([null, '', 'YWJj', '!!!!!!!!!!!!!!!!!!!!!!==', 'AAAAAAAAAAAAAAAAAAAAAAA='])(
    'refuses the key %j with 400',
    async (key) => {
      const { status, body } = await shake(server().url, { 'Sec-WebSocket-Key': key })
      expect([status, body?.code]).toEqual([400, 'bad_request'])
    },
  )

  test.each([{ Upgrade: 'h2c' }, { Upgrade: null }, { Connection: 'keep-alive' }])(
    'answers 426 to a handshake with %j',
    async (headers) => {
      const response = await shake(server().url, headers)
      expect([response.status, response.headers.upgrade, response.body?.code]).toEqual([
        426,
        'websocket',
        'upgrade_required',
      ])
    },
  )

  test('answers an upgrade by POST as a plain request with 405', async () => {
    const { status, body } = await shake(server().url, {}, { method: 'POST' })
    expect([status, body?.code]).toEqual([405, 'method_not_allowed'])
  })

  test('answers 426 to a request that is not a WebSocket handshake', async () => {
    const response = await fetch(`${server().url}/api/connect`)
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket'])
    await response.body?.cancel()
  })

  test.each(['galley.v1.json', 'galley.v1.cbor'] as const)("serves Node's own WebSocket by %s", async (name) => {
    const webSocket = new WebSocket(`${server().url.replace('http', 'ws')}/api/connect`, name)
    await once(webSocket, 'open')
    expect(webSocket.protocol).toBe(name)
    webSocket.send('{"jsonrpc":"2.0","method":"ping"}')
    const [{ data }] = (await once(webSocket, 'message')) as [MessageEvent]
    expect(data).toBe('{"jsonrpc":"2.0","method":"pong"}')
    webSocket.close(1000)
    const [{ code }] = (await once(webSocket, 'close')) as [CloseEvent]
    expect(code).toBe(1000)
  })

  test('answers a ping frame, and continues', async () => {
    const client = await dialWebSocket(server().url, 'ws-json')
    client.webSocket.ping('there?')
    const [payload] = await once(client.webSocket, 'pong')
    expect(payload).toEqual(Buffer.from('there?'))
    expect((await client.ask(request(1, 'echo', [1]))).result).toEqual([1])
    client.end()
    await client.closed
  })

  test('frees a connection whose WebSocket has vanished', async () => {
    const gone = await dialWebSocket(server().url, 'ws-json')
    const follower = await dialWebSocket(server().url, 'ws-json')
    await follower.ask(request(1, 'join', { topic: 'todos', name: 'follower' }))
    await gone.ask(request(1, 'join', { topic: 'todos', name: 'gone' }))
    gone.webSocket.terminate()
    let message: Message
    do message = await follower.next()
    while (message.params?.type !== 'leave')
    expect(message.params.member.name).toBe('gone')
    follower.end()
  })
})
