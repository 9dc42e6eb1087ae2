/** Heartbeats: a client that does not answer is disconnected, a quiet one stays. In real time: two heartbeats are forty seconds. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { sample } from '../harness/sample.ts'
import { servers } from '../process/servers.ts'
import { dialTcp, dialWebSocket, request } from './clients.ts'
import { type ServerKind, serverKinds, tcpServerKinds } from './servers.ts'

const start = servers()
const serve = ({ runtime, engine }: ServerKind) => start({ runtime, env: { HTTP_ENGINE: engine } })

test.concurrent.each(sample(serverKinds, 4))(
  'on $name a silent WebSocket ends with 4408, and one that answers pings only stays open',
  async (serverKind) => {
    const { url } = await serve(serverKind)
    const deaf = new WebSocket(`${url.replace('http', 'ws')}/api/connect`, 'galley.v1.json', { autoPong: false })
    const alive = await dialWebSocket(url, 'ws-json')
    await alive.ask(request(1, 'echo'))
    // Where pings are messages, pongs are messages too.
    alive.webSocket.on('message', (data: Buffer) => {
      if (data.includes('"ping"')) alive.send({ jsonrpc: '2.0', method: 'pong' })
    })
    const [code] = await once(deaf, 'close')
    expect(code).toBe(4408)
    expect((await alive.ask(request(2, 'echo', [2]))).result).toEqual([2])
    alive.end()
  },
)

test.concurrent.each(sample(tcpServerKinds, 4))(
  'on $name a quiet TCP client gets a ping, and is disconnected when it does not answer',
  async (serverKind) => {
    const { url } = await serve(serverKind)
    const clients = [await dialTcp(url, 'tcp-json'), await dialTcp(url, 'tcp-cbor')]
    for (const client of clients) await client.ask(request(1, 'echo'))
    for (const client of clients) {
      expect(await client.next()).toEqual({ jsonrpc: '2.0', method: 'ping' })
      expect(await client.next()).toMatchObject({ method: 'goaway', params: { code: 4408, reconnect: true } })
      await client.closed
    }
  },
)

test.concurrent.each(sample(tcpServerKinds, 4))(
  'on $name a WebSocket ends with 4408 when its message does not become complete, whatever pings and pongs it sends',
  async (serverKind) => {
    const { url } = await serve(serverKind)
    const { webSocket } = await dialWebSocket(url, 'ws-json')
    webSocket.send('{', { fin: false })
    const timer = setInterval(() => {
      webSocket.ping()
      webSocket.pong()
    }, 1000)
    const [code] = await once(webSocket, 'close')
    clearInterval(timer)
    expect(code).toBe(4408)
  },
)
