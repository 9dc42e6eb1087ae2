import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { type Connection, openConnection } from './connection.ts'
import { servers, titlesOf } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

const start = servers()
const folder = temporaryFolders()

const body = '{"title":"milk"}'
const postHead = `POST /api/todos HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

describe.each(sample(['node', 'deno', 'bun'] as const, 3))('a server on %s', (runtime) => {
  describe.each(sample(['SIGTERM', 'SIGINT'] as const, 2))('at %s', (signal) => {
    test('ends with code 0 and leaves no write-ahead log behind', async () => {
      const server = await startBusy(0)
      server.process.kill(signal)
      expect(await server.exited).toBe(0)
      expect(walBytes(server)).toBe(0)
    })

    test('closes idle connections and accepts no new ones, while a request is in flight', async () => {
      const server = await startBusy(0)
      const [idle, fresh] = [await openIdle(server), await openConnection(server.url)]
      const busy = await openHalfSent(server)
      server.process.kill(signal)
      await Promise.all([idle.closed, fresh.closed])
      // The listener goes just after the idle connections, with no event that could be seen from outside.
      await vi.waitFor(() => expectRefused(server))
      expect(busy.socket.closed).toBe(false)
    })

    test('answers the request in flight, keeps what it wrote, and then ends with code 0', async () => {
      const dataDir = await folder()
      const server = await start({ runtime, dataDir })
      const busy = await openHalfSent(server)
      await signalled(server, signal)
      busy.send(body.slice(5))
      const response = await busy.response()
      expect(response.status).toBe(201)
      await busy.closed
      expect(await server.exited).toBe(0)
      expect(walBytes(server)).toBe(0)
      const again = await start({ runtime, dataDir })
      expect(await titlesOf(again.url)).toEqual(['milk'])
    })

    test('answers every one of many requests in flight', async () => {
      const server = await startBusy(0)
      const busy = await Promise.all(Array.from({ length: 20 }, () => openHalfSent(server)))
      await signalled(server, signal)
      for (const connection of busy) connection.send(body.slice(5))
      const responses = await Promise.all(busy.map((connection) => connection.response()))
      expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 201))
      expect(await server.exited).toBe(0)
    })

    test('ends with code 1 at a second signal, but not within a second of the first', async () => {
      const server = await startBusy(1)
      const startMs = performance.now()
      await signalled(server, signal)
      const repeat = setInterval(() => server.process.kill(signal), 20)
      expect(await server.exited).toBe(1)
      clearInterval(repeat)
      expect(performance.now() - startMs).toBeGreaterThan(1000)
    })
  })

  test('ends although a client does not read its responses', async () => {
    const server = await start({ runtime })
    const stuck = await openConnection(server.url)
    stuck.socket.pause()
    // Far more than the kernel buffers of both sides hold.
    stuck.send(get('/docs/swagger-ui-bundle.js').repeat(40))
    await filled(server, stuck)
    await signalled(server, 'SIGTERM')
    // By cutting the client off.
    expect(await server.exited).toBe(0)
    stuck.socket.destroy()
  })

  /** A server with so many requests in flight, and a todo in its write-ahead log. */
  async function startBusy(requests: number): Promise<RunningProcess> {
    const server = await start({ runtime })
    const first = await openHalfSent(server)
    first.send(body.slice(5))
    await first.response()
    for (let i = 0; i < requests; i += 1) await openHalfSent(server)
    return server
  }
})

test('node: readiness is 503 on a connection that was in use, and it ends after that answer', async () => {
  // Deno closes such a connection: there no request is accepted after the signal.
  const server = await start({ runtime: 'node' })
  const probe = await openIdle(server)
  probe.send(get('/health/ready').slice(0, 30))
  const busy = await openHalfSent(server)
  await signalled(server, 'SIGTERM')
  probe.send(get('/health/ready').slice(30))
  const { status, body: text } = await probe.response()
  expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 503, code: 'draining' })
  await probe.closed
  busy.send(body.slice(5))
  expect((await busy.response()).status).toBe(201)
  expect(await server.exited).toBe(0)
})

async function expectRefused({ url }: RunningProcess): Promise<void> {
  const connection = openConnection(url)
  void connection.then(({ socket }) => socket.destroy()).catch(() => {})
  await expect(connection).rejects.toThrow('ECONNREFUSED')
}

/** A connection with a request of which half the body has been sent, and which the server is reading. */
async function openHalfSent(server: RunningProcess): Promise<Connection> {
  const connection = await openConnection(server.url)
  connection.send(postHead + body.slice(0, 5))
  await seen(server)
  return connection
}

/** Resolves once the server has read what was sent to it before, since it reads in order of arrival. */
async function seen(server: RunningProcess): Promise<void> {
  const later = await openIdle(server)
  later.socket.destroy()
  await later.closed
}

/** A keep-alive connection that has had a response. */
async function openIdle(server: RunningProcess): Promise<Connection> {
  const connection = await openConnection(server.url)
  connection.send(get('/health/ready'))
  expect((await connection.response()).status).toBe(200)
  return connection
}

/** Sends a signal and resolves once it has taken effect: an idle connection is closed. */
async function signalled(server: RunningProcess, signal: NodeJS.Signals): Promise<void> {
  const probe = await openIdle(server)
  server.process.kill(signal)
  await probe.closed
}

/** Resolves once the kernel takes nothing more on a connection, though the server has had many turns to write. */
async function filled(server: RunningProcess, { socket }: Connection): Promise<void> {
  const port = `:${(socket.localPort ?? 0).toString(16).toUpperCase().padStart(4, '0')} `
  let before = ''
  for (let turns = 0; turns < 20; turns += 1) {
    await seen(server)
    const table = await readFile('/proc/net/tcp', 'utf8')
    // Addresses, state and the bytes queued either way (proc(5)), but not the line's number, which others change.
    const lines = table.split('\n').filter((line) => line.includes(port))
    const queues = lines.map((line) => line.trim().split(/\s+/).slice(1, 5).join(' ')).toSorted()
    if (queues.join() !== before) turns = 0
    before = queues.join()
  }
}

function walBytes({ dataDir }: RunningProcess): number {
  const path = join(dataDir, 'galley.db-wal')
  return existsSync(path) ? statSync(path).size : 0
}
