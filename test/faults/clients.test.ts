/** Clients that disconnect, and handlers that fail: each notices the other, and no other client is affected. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { createTodo, servers, terminate, titlesOf } from '../process/servers.ts'

const start = servers()

/** An event that never comes fails its test after this time. */
const options = { timeout: 10_000 }

const leaves = [
  ['says goodbye', (socket: Socket) => void socket.end()],
  ['resets the connection', (socket: Socket) => void socket.resetAndDestroy()],
] as const

describe.each(sample(['node', 'deno'] as const, 2))('a handler on %s', (runtime) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await start({ runtime, entry: `test/faults/${runtime}.ts` })
  })

  test.each(leaves)(
    'notices that its client disconnected in a body of known length and %s',
    options,
    async (how, leave) => {
      const name = `body ${how}`.replaceAll(' ', '-')
      const socket = await open(server.url)
      socket.write(`POST /api/calls/${name}/body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nsome`)
      await saw(server, name, 'begun')
      leave(socket)
      expect(await saw(server, name, 'ended')).toBe('broken')
      await saw(server, name, 'aborted')
    },
  )

  test.each(leaves)('notices that its client disconnected between chunks and %s', options, async (how, leave) => {
    const name = `chunks ${how}`.replaceAll(' ', '-')
    const socket = await open(server.url)
    socket.write(`POST /api/calls/${name}/chunks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`)
    socket.write('4\r\nsome\r\n')
    await saw(server, name, 'begun')
    leave(socket)
    expect(await saw(server, name, 'ended')).toBe('broken')
    await saw(server, name, 'aborted')
  })

  test('notices that its client disconnected before there was a response', options, async () => {
    const socket = await open(server.url)
    socket.write('GET /api/calls/wait/wait HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await saw(server, 'wait', 'begun')
    socket.resetAndDestroy()
    await saw(server, 'wait', 'aborted')
  })

  test('notices that its client disconnected while the response was streamed', options, async () => {
    const socket = await open(server.url)
    socket.write('GET /api/calls/stream/stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    socket.resetAndDestroy()
    await saw(server, 'stream', 'cancelled')
    // Deno aborts a signal only until there is a response; after that the stream is cancelled.
    if (runtime === 'node') await saw(server, 'stream', 'aborted')
  })

  test.each(['body', 'chunks'])('whose client waits for its response sees no abort (%s)', options, async (route) => {
    const name = `whole-${route}`
    const response = await fetch(`${server.url}/api/calls/${name}/${route}`, { method: 'POST', body: 'all of it' })
    expect(await response.text()).toBe('read')
    expect(await saw(server, name, 'ended')).toBe('whole')
    expect(await has(server, name, 'aborted')).toBe(false)
  })

  test('that throws is a 500 without details, and is reported', options, async () => {
    const response = await fetch(`${server.url}/api/calls/throw/throw`)
    const body = (await response.json()) as object
    expect(response.status).toBe(500)
    expect(body).toEqual({ error: expect.any(String), status: 500, code: 'internal', requestId: expect.any(String) })
    expect(JSON.stringify(body)).not.toContain('swordfish')
    await printed(server, /swordfish/)
  })

  test('whose stream fails breaks the connection off, and ends nothing cleanly', options, async () => {
    const socket = await open(server.url)
    const received: Buffer[] = []
    socket.on('data', (bytes: Buffer) => received.push(bytes))
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.write('GET /api/calls/break/break HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await closed
    const text = Buffer.concat(received).toString()
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(text).toMatch(/\r\ntransfer-encoding: chunked\r\n/i)
    expect(text.endsWith('\r\n0\r\n\r\n')).toBe(false)
    expect(text).not.toContain('swordfish')
  })

  test('whose stream fails is an error to a client that reads all', options, async () => {
    const response = await fetch(`${server.url}/api/calls/break-2/break`)
    await expect(response.arrayBuffer()).rejects.toThrow()
  })

  test('whose stream fails is reported as any other internal error', options, async () => {
    await fetch(`${server.url}/api/calls/break-3/break`).then((response) => response.text().catch(() => ''))
    await printed(server, /"path":"\/api\/calls\/break-3\/break".*swordfish/)
  })

  test('does all of that without harm to others, and the server shuts down in order', options, async () => {
    await createTodo(server.url, 'still here')
    expect(await titlesOf(server.url)).toEqual(['still here'])
    expect(await terminate(server)).toBe(0)
  })
})

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  // A reset shows as a close.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Waits until the handler has seen the event, and returns its report. */
async function saw({ url }: RunningProcess, name: string, event: string): Promise<string> {
  const response = await fetch(`${url}/api/calls/${name}/saw/${event}`)
  return response.text()
}

async function has({ url }: RunningProcess, name: string, event: string): Promise<unknown> {
  const response = await fetch(`${url}/api/calls/${name}/has/${event}`)
  return response.json()
}

async function printed(server: RunningProcess, pattern: RegExp): Promise<void> {
  const { stdout } = server.process
  while (!pattern.test(server.output())) if (stdout) await once(stdout, 'data')
}
