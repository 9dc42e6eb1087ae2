/** All protocols inside TLS, on the same port. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { makeCertificate } from '../http1/serving/certificate.ts'
import { dial, dialTcp, encoded, openSocket, request } from './clients.ts'
import { serverKinds, useServer } from './servers.ts'

const folder = mkdtempSync(join(tmpdir(), 'galley-tls-'))
const env = { TLS_CERT: join(folder, 'cert.pem'), TLS_KEY: join(folder, 'key.pem') }
const { cert, key } = makeCertificate()
writeFileSync(env.TLS_CERT, cert)
writeFileSync(env.TLS_KEY, key)
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(sample(serverKinds, 2))('with TLS on $name', (serverKind) => {
  const server = useServer(serverKind, env)

  test.each(serverKind.kinds)('answers %s', async (kind) => {
    const client = await dial(server().url, kind)
    expect((await client.ask(request(1, 'GET /api/todos'))).result.status).toBe(200)
    const large = { text: 'ü'.repeat(400_000) }
    expect((await client.ask(request(2, 'echo', large))).result).toEqual(large)
    client.end()
    await client.closed
  })

  test.runIf(serverKind.kinds.includes('tcp-json'))('answers a half-closed client, and HTTP beside it', async () => {
    const client = await dialTcp(server().url, 'tcp-json')
    client.socket.end(encoded(request(1, 'POST /api/todos', { body: { title: 'milk' } }), 'tcp-json'))
    expect((await client.next()).result.status).toBe(201)
    expect(await client.next()).toMatchObject({ method: 'goaway', params: { code: 1000 } })
    await client.closed
    const socket = await openSocket(server().url)
    socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /)
  })
})
