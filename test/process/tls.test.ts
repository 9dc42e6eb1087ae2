/** HTTPS from certificate and key files, with either HTTP server, on Node and on Deno. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { observe } from './observatory.ts'
import { runToEnd, servers } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

const start = servers()
const folder = temporaryFolders()
let env: Record<string, string>

beforeAll(async () => {
  const files = await folder()
  env = { TLS_CERT: join(files, 'cert.pem'), TLS_KEY: join(files, 'key.pem') }
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', env.TLS_KEY as string]
  const args = ['req', '-x509', '-days', '2', ...subject, ...key, '-out', env.TLS_CERT as string]
  execFileSync('openssl', args, { stdio: 'ignore' })
})

async function getHealth(url: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const sent = request(`${url}/health/live`, { rejectUnauthorized: false }, (response) => resolve(text(response)))
    sent.on('error', reject).end()
  })
}

async function look(url: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { rejectUnauthorized: false, headers: { Accept: 'text/html' } }, resolve)
    sent.on('error', reject).end()
  })
  return { headers: response.headers, html: await text(response) }
}

describe.each(sample(['node', 'deno', 'bun'] as const, 3))('on %s', (runtime) => {
  const engines = runtime === 'bun' ? ['galley'] : ['galley', 'node']

  describe.each(engines)('with HTTP_ENGINE=%s', (engine) => {
    let server: RunningProcess
    beforeAll(async () => {
      server = await start({ runtime, env: { ...env, HTTP_ENGINE: engine } })
    })

    test('serves HTTPS, and prints its address', async () => {
      expect(server.url).toMatch(/^https:/)
      expect(JSON.parse(await getHealth(server.url))).toMatchObject({ data: { live: true } })
    })

    test('scores 100 or more by the rules of the Observatory', async () => {
      for (const path of ['/', '/chat', '/status', '/docs', '/api/todos', '/health/live', '/nothing']) {
        const { score, parts } = observe(await look(`${server.url}${path}`))
        expect(score, `${path}: ${JSON.stringify(parts)}`).toBeGreaterThanOrEqual(100)
      }
    })
  })

  test.each([
    ['a key is missing', () => ({ TLS_CERT: env.TLS_CERT as string })],
    ['a certificate is missing', () => ({ TLS_KEY: env.TLS_KEY as string })],
    ['there is no such file', () => ({ ...env, TLS_KEY: '/nowhere/key.pem' })],
  ])('is refused in one line when %s', async (_, made) => {
    const { code, stderr } = await runToEnd({ runtime, dataDir: await folder(), env: made() })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^galley: [^\n]+\n$/)
  })

  test('is refused in one line when certificate and key are of two pairs', async () => {
    const file = join(await folder(), 'other.pem')
    execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file])
    const { code, stderr } = await runToEnd({ runtime, dataDir: await folder(), env: { ...env, TLS_KEY: file } })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^galley: [^\n]+\n$/)
  })

  test('is refused in one line when the file is no certificate', async () => {
    const file = join(await folder(), 'not.pem')
    await writeFile(file, 'no certificate')
    const { code, stderr } = await runToEnd({ runtime, dataDir: await folder(), env: { ...env, TLS_CERT: file } })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^galley: [^\n]+\n$/)
  })
})
