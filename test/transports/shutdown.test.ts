/** Shutdown: connections get a `goaway` to reconnect, and those that stay do not delay the exit. */
import { describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { freePort } from '../process/free-port.ts'
import { servers } from '../process/servers.ts'
import { listens, waitingServers, waits } from '../process/waiting-server.ts'
import { dial, dialTcp, dialWebSocket, request } from './clients.ts'
import { serverKinds, tcpServerKinds } from './servers.ts'

const start = servers()
const startWaiting = waitingServers()

describe.each(sample(serverKinds, 2))('on $name', ({ runtime, engine, kinds }) => {
  test('closes every connection with 1012 at SIGTERM, and ends with code 0', async () => {
    const server = await start({ runtime, env: { HTTP_ENGINE: engine } })
    const clients = await Promise.all(kinds.map((kind) => dial(server.url, kind)))
    for (const client of clients) await client.ask(request(1, 'subscribe', { topic: 'todos' }))
    server.process.kill('SIGTERM')
    for (const client of clients) {
      expect(await client.next()).toMatchObject({ method: 'goaway', params: { code: 1012, reconnect: true } })
      expect([1012, null]).toContain(await client.closed)
    }
    expect(await server.exited).toBe(0)
  })

  test('ends in time with code 0 though clients do not go', async () => {
    const server = await start({ runtime, env: { HTTP_ENGINE: engine } })
    const webSocket = await dialWebSocket(server.url, 'ws-json')
    await webSocket.ask(request(1, 'echo'))
    webSocket.webSocket.pause()
    if (kinds.includes('tcp-json')) {
      const tcp = await dialTcp(server.url, 'tcp-json')
      await tcp.ask(request(1, 'echo'))
      tcp.socket.pause()
    }
    server.process.kill('SIGTERM')
    expect(await server.exited).toBe(0)
    webSocket.webSocket.terminate()
  })
})

describe.each(sample(tcpServerKinds, 2))('a server on $name that waits for its data', ({ runtime, engine, kinds }) => {
  test('sends clients away with 1013 until it has them, and serves them then', async () => {
    const first = await start({ runtime })
    const port = await freePort()
    const second = startWaiting({
      runtime,
      dataDir: first.dataDir,
      port,
      waitSeconds: 60,
      env: { HTTP_ENGINE: engine },
    })
    await second.printed(waits)
    for (const kind of kinds) {
      const early = await dial(second.url, kind)
      early.send(request(1, 'echo'))
      expect(await early.next()).toMatchObject({ method: 'goaway', params: { code: 1013, reconnect: true } })
      expect([1013, null]).toContain(await early.closed)
    }
    first.process.kill('SIGTERM')
    await second.printed(listens)
    for (const kind of kinds) {
      const client = await dial(second.url, kind)
      expect((await client.ask(request(1, 'echo', [1]))).result).toEqual([1])
      client.end()
    }
  })
})
