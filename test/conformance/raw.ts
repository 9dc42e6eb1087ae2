/** Requests as bytes, which no client of HTTP would send. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { Subject } from './http.ts'

/** Sends a head without its empty line, and returns all received bytes. */
export async function sendRaw(origin: string, head: string): Promise<string> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write(`${head}\r\n\r\n`)
  return await text(socket)
}

/** Only where the server owns the socket. */
export function rawCases(subject: Subject): void {
  if (!subject.ownsSocket) return
  healthChecks(subject)
  refusals(subject)
}

function healthChecks({ origin }: Subject): void {
  const statusOf = async (head: string) => Number((await sendRaw(origin(), head)).slice(9, 12))

  test.each(['GET /health/ready', 'HEAD /health/live', 'GET /api/todos?limit=1', 'OPTIONS /', 'GET /nothing'])(
    '%s by HTTP/1.0 without Host is served',
    async (line) => {
      const status = await statusOf(`${line} HTTP/1.0`)
      expect(status).toBe(line.startsWith('OPTIONS') ? 204 : line.includes('nothing') ? 404 : 200)
    },
  )

  test.each(['evil.example', 'app.example:8080', '10.0.0.1', 'galley_1', '192.168.1.2:3000', 'localhost:'])(
    'a health check with Host: %s is served, by each version',
    async (host) => {
      for (const path of ['/health/live', '/health/ready']) {
        for (const version of ['1.0', '1.1']) {
          expect(await statusOf(`GET ${path} HTTP/${version}\r\nHost: ${host}\r\nConnection: close`)).toBe(200)
        }
      }
    },
  )

  test.each(['localhost:', '127.0.0.1:', '[::1]:'])('Host: %s has an empty port, which is allowed', async (host) => {
    expect(await statusOf(`GET /api/todos HTTP/1.1\r\nHost: ${host}\r\nConnection: close`)).toBe(200)
  })

  test('Host is still checked everywhere else', async () => {
    expect(await statusOf('GET /api/todos HTTP/1.0\r\nHost: evil.example')).toBe(421)
    expect(await statusOf('GET /healthy HTTP/1.0\r\nHost: evil.example')).toBe(421)
  })
}

/** Requests that an HTTP server refuses before an app sees them. */
function refusals({ origin, ownsHttp = true }: Subject): void {
  if (!ownsHttp) return

  test.each([
    ['without Host', 'GET /api/todos HTTP/1.1\r\nConnection: close', 400, 'bad_request'],
    [
      'with an unknown expectation',
      'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\nConnection: close',
      417,
      'expectation_failed',
    ],
    ['to connect', 'CONNECT app.example:443 HTTP/1.1\r\nHost: app.example:443', 501, 'not_implemented'],
    ['to a senseless target', 'GET * HTTP/1.1\r\nHost: localhost\r\nConnection: close', 400, 'bad_request'],
  ])('a request %s is refused in the error envelope', async (_, head, status, code) => {
    const response = await sendRaw(origin(), head)
    expect(response).toMatch(/^HTTP\/1\.1 \d{3} [A-Z]/)
    const body = JSON.parse(response.slice(response.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>
    expect(body).toMatchObject({ status, code, requestId: expect.any(String), error: expect.any(String) })
    expect(Number(response.slice(9, 12))).toBe(status)
  })

  test('OPTIONS * is answered without a body', async () => {
    const response = await sendRaw(origin(), 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close')
    expect(response).toMatch(/^HTTP\/1\.1 204 /)
  })
}
