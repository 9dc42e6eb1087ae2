import { deepEqual, equal, ok } from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import type { ServeOptions } from '../../../../adapters/tcp/serve.ts'
import type { Scenario } from '../scenario.ts'
import { bare, fieldOf, get } from '../wire.ts'
import { bodies, hello, quickMs } from './probe-connection.ts'

const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: true })

/** All that `ws` needs of a request; with its option `path` also `url`. */
function handleUpgrade(...[request, socket, head]: Parameters<NonNullable<ServeOptions['upgrade']>>): boolean {
  if (!request.url.endsWith('/echo')) return false
  const { method, headers } = request
  webSockets.handleUpgrade(
    { method, headers: Object.fromEntries(headers) } as IncomingMessage,
    socket,
    head,
    (webSocket) => {
      webSocket.on('error', () => {})
      webSocket.on('message', (data: Buffer, isBinary: boolean) => webSocket.send(data, { binary: isBinary }))
    },
  )
  return true
}

const asking = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
]
/** The text "hello" as a client sends it, masked with zeros. */
const helloFrame = '\x81\x85\0\0\0\0hello'

async function message(webSocket: WebSocket): Promise<string> {
  const [data, isBinary] = (await once(webSocket, 'message')) as [Buffer, boolean]
  return `${isBinary ? 'binary' : 'text'} ${data.toString('latin1')}`
}

async function openWebSocket(port: number, scheme = 'ws'): Promise<WebSocket> {
  const webSocket = new WebSocket(`${scheme}://127.0.0.1:${port}/echo`, { rejectUnauthorized: false })
  await once(webSocket, 'open')
  return webSocket
}

async function expectEcho(webSocket: WebSocket): Promise<void> {
  webSocket.send('some text')
  equal(await message(webSocket), 'text some text')
  webSocket.send(new Uint8Array([0, 1, 254, 255]))
  equal(await message(webSocket), 'binary \0\x01\xfe\xff')
}

async function close(webSocket: WebSocket): Promise<void> {
  webSocket.close(1000, 'done')
  const [code] = await once(webSocket, 'close')
  equal(code, 1000)
}

export const upgrades: readonly Scenario[] = [
  ...[false, true].map(
    (isSecure): Scenario => ({
      title: `hands a connection over to ws${isSecure ? ' over TLS' : ''}: text, bytes and the closing`,
      isSecure,
      handler: () => hello,
      upgrade: handleUpgrade,
      async run({ port }) {
        const webSocket = await openWebSocket(port, isSecure ? 'wss' : 'ws')
        await expectEcho(webSocket)
        await close(webSocket)
      },
    }),
  ),
  ...[false, true].map(
    (isSecure): Scenario => ({
      title: `takes big messages over a WebSocket${isSecure ? ' with TLS' : ''} both ways`,
      isSecure,
      handler: () => hello,
      upgrade: handleUpgrade,
      async run({ port }) {
        const webSocket = await openWebSocket(port, isSecure ? 'wss' : 'ws')
        const text = 'some text '.repeat(300_000)
        for (let round = 0; round < 3; round++) {
          webSocket.send(Buffer.from(text), { binary: true })
          ok((await message(webSocket)) === `binary ${text}`)
        }
        await close(webSocket)
      },
    }),
  ),
  ...[false, true].map(
    (isSecure): Scenario => ({
      title: `hands over the bytes that came right after the request${isSecure ? ' over TLS' : ''}`,
      isSecure,
      handler: () => hello,
      upgrade: handleUpgrade,
      async run({ open }) {
        const wire = await open()
        wire.send(get('/echo', ...asking) + helloFrame)
        await wire.until((_, text) => text.endsWith('\x81\x05hello'))
        wire.send(helloFrame)
        await wire.until((_, text) => text.endsWith('\x81\x05hello\x81\x05hello'))
      },
    }),
  ),
  {
    title: 'hands over a connection after requests that came with it in one pipeline',
    handler: () => hello,
    upgrade: handleUpgrade,
    async run({ open }) {
      const wire = await open()
      wire.send(get('/') + get('/') + get('/echo', ...asking) + helloFrame)
      const { responses } = await wire.until((_, text) => text.endsWith('\x81\x05hello'))
      deepEqual(
        responses.map(({ status }) => status),
        [200, 200, 101],
      )
    },
  },
  {
    title: 'answers a request whose upgrade is not accepted like any other, and continues',
    handler: () => (request) => new Response(request.headers.get('upgrade')),
    upgrade: handleUpgrade,
    async run({ open }) {
      const wire = await open()
      wire.send(get('/other', ...asking) + get('/other', ...asking))
      deepEqual(bodies(await wire.responses(2)), ['websocket', 'websocket'])
      wire.send(get('/echo', ...asking) + helloFrame)
      await wire.until((_, text) => text.endsWith('\x81\x05hello'))
    },
  },
  {
    title: 'offers no upgrade to HTTP/1.0, to a request with a body, or without Connection: upgrade',
    handler: () => async (request) => new Response(`no ${await request.text()}`),
    upgrade: () => {
      throw new Error('This is no upgrade.')
    },
    async run({ open }) {
      const wire = await open()
      wire.send(bare('POST', '/echo', 'Content-Length: 4', ...asking).concat('body'))
      wire.send(get('/echo', ...asking.slice(1)))
      wire.send(get('/echo', ...asking).replace('HTTP/1.1', 'HTTP/1.0'))
      deepEqual(bodies((await wire.all()).responses), ['no body', 'no ', 'no '])
    },
  },
  {
    title: 'answers 500 to an upgrade that throws, reports why, and releases the connection',
    limits: { lingerTimeoutMs: 600_000 },
    handler: () => hello,
    upgrade: () => {
      throw new Error('out of order')
    },
    async run({ open, reportOf, close: closeServer }) {
      const wire = await open()
      wire.send(get('/', ...asking))
      await reportOf('error: out of order')
      const { responses } = await wire.all()
      deepEqual([responses.length, responses[0]?.status, fieldOf(responses[0], 'connection')], [1, 500, 'close'])
      await closeServer(600_000)
    },
  },
  {
    title: 'leaves a connection alone that it has handed over, whatever its limits',
    limits: { keepAliveTimeoutMs: quickMs, headTimeoutMs: quickMs, writeTimeoutMs: quickMs },
    handler: () => hello,
    upgrade: handleUpgrade,
    async run({ port, open }) {
      const webSocket = await openWebSocket(port)
      const idle = await open()
      idle.send(get('/'))
      await idle.closed
      await expectEcho(webSocket)
      await close(webSocket)
    },
  },
  {
    title: 'breaks off upgraded connections when the grace period is over',
    handler: () => hello,
    upgrade: handleUpgrade,
    async run({ port, close: closeServer }) {
      const webSocket = await openWebSocket(port)
      webSocket.on('error', () => {})
      const closed = once(webSocket, 'close')
      await closeServer(quickMs)
      await closed
    },
  },
  {
    title: 'notices when a client goes that was handed over',
    limits: { connectionsMax: 1 },
    handler: () => hello,
    upgrade: handleUpgrade,
    async run({ port, close: closeServer }) {
      const webSocket = await openWebSocket(port)
      webSocket.terminate()
      await closeServer(600_000)
    },
  },
]
