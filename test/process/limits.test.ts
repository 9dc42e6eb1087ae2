/** Limits on peers, on Node: each violation gets an error response and a closed connection. */
import { readdir, readlink } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { sample } from '../harness/sample.ts'
import { type RunningProcess, startProcess } from '../harness/server.ts'
import { type Connection, openConnection, type ParsedResponse } from './connection.ts'
import { titlesOf } from './servers.ts'

/** Well below any limit on silence, so that only a limit on the whole can end it. */
const dripMs = 200

describe.each(sample(['galley', 'node'], 2))('a server on node with HTTP_ENGINE=%s', (engine) => {
  let server: RunningProcess

  beforeAll(async () => {
    server = await startProcess({ runtime: 'node', env: { HTTP_ENGINE: engine } })
  })

  afterAll(() => server.stop())

  test.concurrent('cuts a head that drips with 408', async () => {
    const connection = await openConnection(server.url)
    connection.send('GET /api/todos HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    drip(connection, 'x')
    expectError(await connection.response(), 408, 'request_timeout')
    await connection.closed
  })

  test.concurrent('closes a connection that sends nothing', async () => {
    const connection = await openConnection(server.url)
    if (engine === 'node') expectError(await connection.response(), 408, 'request_timeout')
    await connection.closed
  })

  test.concurrent('cuts a head that drips on a connection that was in use', async () => {
    const connection = await openConnection(server.url)
    connection.send('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect((await connection.response()).status).toBe(200)
    connection.send('GET /api/todos HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    drip(connection, 'x')
    expectError(await connection.response(), 408, 'request_timeout')
    await connection.closed
  })

  test.concurrent('cuts a body of known length that drips with 408', async () => {
    const connection = await openConnection(server.url)
    connection.send('POST /api/todos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n')
    drip(connection, ' ')
    expectError(await connection.response(), 408, 'request_timeout')
    await connection.closed
  })

  test.concurrent('cuts a chunked body that drips with 408', async () => {
    const connection = await openConnection(server.url)
    connection.send('POST /api/todos HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
    drip(connection, '1\r\n \r\n')
    expectError(await connection.response(), 408, 'request_timeout')
    await connection.closed
  })

  test.runIf(engine === 'node')('refuses a body in a multitude of chunks, and closes', async () => {
    const connection = await openConnection(server.url)
    connection.send('POST /api/todos HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
    connection.send('1\r\n \r\n'.repeat(100_000))
    expectError(await connection.response(), 400, 'bad_request')
    await connection.closed
  })

  test.concurrent.each([
    ['in one field', `X-Large: ${'x'.repeat(17 * 1024)}\r\n`],
    ['in many fields', 'X-Field: 0123456789\r\n'.repeat(1000)],
  ])('answers a header block over 16 KiB %s with 431', async (_, fields) => {
    const connection = await openConnection(server.url)
    connection.send(`GET /api/todos HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`)
    expectError(await connection.response(), 431, 'headers_too_large')
    await connection.closed
  })

  test.concurrent.each([
    ['garbage', new Uint8Array([0x00, 0xff, 0x13, 0x37, 0x0d, 0x0a, 0x0d, 0x0a])],
    ['the first bytes of TLS', new Uint8Array([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc])],
    ['an invalid request line', 'HELLO\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : localhost\r\n\r\n'],
    ['two lengths', 'POST /api/todos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
    [
      'a length beside chunks',
      'POST /api/todos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('answers %s with 400 and closes', async (_, bytes) => {
    const connection = await openConnection(server.url)
    connection.send(bytes)
    expectError(await connection.response(), 400, 'bad_request')
    await connection.closed
  })

  test.concurrent('answers an unknown HTTP version and closes', async () => {
    const connection = await openConnection(server.url)
    connection.send('GET / HTTP/9.9\r\nHost: localhost\r\n\r\n')
    if (engine === 'node') expectError(await connection.response(), 400, 'bad_request')
    else expectError(await connection.response(), 505, 'version_not_supported')
    await connection.closed
  })

  test.concurrent.each([
    ['a read', 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n', 200],
    ['a write', 'PUT /api/todos/none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}', 404],
  ])('answers %s before the garbage that follows it', async (_, request, status) => {
    const connection = await openConnection(server.url)
    connection.send(`${request}\0\0\0\0\r\n\r\n`)
    expect((await connection.response()).status).toBe(status)
    await connection.closed
  })

  test.concurrent('survives clients that disconnect at any byte of a request', async () => {
    const whole = 'POST /api/todos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400\r\n\r\n{"title":"'
    for (let length = 1; length <= whole.length; length += 3) {
      const connection = await openConnection(server.url)
      connection.send(whole.slice(0, length))
      connection.socket.resetAndDestroy()
      await connection.closed
    }
    expect(await titlesOf(server.url)).toEqual([])
  })

  test('survives clients that abort downloads, and closes the files', async () => {
    const own = await startProcess({ runtime: 'node', env: { HTTP_ENGINE: engine } })
    onTestFinished(() => own.stop())
    for (let i = 0; i < 600; i += 1) await breakOffDownload(own.url, i % 12)
    await vi.waitFor(async () => expect(await openFiles(own, 'swagger-ui-bundle.js')).toBe(0))
    expect(await titlesOf(own.url)).toEqual([])
  })

  test('still responds after all of that, and has logged no error', async () => {
    expect(await titlesOf(server.url)).toEqual([])
    expect(server.output()).not.toContain('"level":"error"')
  })
})

/** Resets the connection at so many arrivals of data (64 KiB at most each), to meet every stage of a download. */
async function breakOffDownload(url: string, arrivals: number): Promise<void> {
  const { socket, send, closed } = await openConnection(url)
  send('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n')
  let left = arrivals
  socket.on('data', () => {
    left -= 1
    if (left <= 0) socket.resetAndDestroy()
  })
  if (arrivals === 0) setImmediate(() => socket.resetAndDestroy())
  await closed
}

async function openFiles({ process }: RunningProcess, name: string): Promise<number> {
  const folder = `/proc/${process.pid}/fd`
  const paths = await Promise.all((await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')))
  return paths.filter((path) => path.endsWith(name)).length
}

function drip(connection: Connection, text: string): void {
  const timer = setInterval(() => connection.send(text), dripMs)
  void connection.closed.then(() => clearInterval(timer))
}

function expectError({ status, head, body }: ParsedResponse, expected: number, code: string): void {
  expect(status).toBe(expected)
  expect(head).toMatch(/^content-type: application\/json$/im)
  expect(head).toMatch(/^connection: close$/im)
  expect(head).toMatch(/^content-security-policy: default-src 'none'/im)
  const requestId = /^x-request-id: (\S+)$/im.exec(head)?.[1]
  expect(JSON.parse(body)).toEqual({ error: expect.stringMatching(/\w/), status, code, requestId })
}
