/** Clients that others wrote. Programs that are not installed are skipped. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, type ClientRequest, type IncomingMessage, request as requestPlainly } from 'node:http'
import { request as requestSecurely } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { Pool } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Server, serve } from '../../../adapters/tcp/serve.ts'
import { useBrowser } from '../../page/browser.ts'
import { freePort } from '../../process/free-port.ts'
import { curl, EchoServer, goProgram, isInstalled, run, startNginx } from './client-programs.ts'
import { ownCertificate } from './in-process.ts'

const hostname = '127.0.0.1'
const errors: unknown[] = []
let echoServer: EchoServer
let plain: Server
let secure: Server
let url: string
let secureUrl: string
let folder: string

beforeAll(async () => {
  const options = {
    port: 0,
    hostname,
    fetch: (request: Request, peer: Parameters<EchoServer['fetch']>[1]) => echoServer.fetch(request, peer),
    onError: (error: unknown) => errors.push(error),
  }
  plain = await serve(options)
  secure = await serve({ ...options, tls: ownCertificate() })
  url = `http://${hostname}:${plain.port}`
  secureUrl = `https://${hostname}:${secure.port}`
  folder = await mkdtemp(join(tmpdir(), 'galley-clients-'))
})
beforeEach(() => {
  echoServer = new EchoServer()
  errors.length = 0
})
afterAll(async () => {
  await Promise.all([plain.close(0), secure.close(0)])
  await rm(folder, { recursive: true })
})

describe('curl', () => {
  const many = Buffer.alloc(3_000_000, '0123456789')

  test.each(['--http1.1', '--http1.0'])('gets a response with %s', async (version) => {
    expect(await curl(version, `${url}/hello`)).toBe('GET /hello')
  })

  test.each(['--http1.1', '--http1.0'])('gets a stream with %s', async (version) => {
    expect(await curl(version, `${url}/stream/100`)).toHaveLength(1_000_000)
  })

  test('uploads what it reads from its input, in chunks', async () => {
    const echoed = await run('curl', ['--silent', '--show-error', '-T', '-', `${url}/echo`], many)
    expect(echoed === many.toString('latin1')).toBe(true)
  })

  test('uploads a file after 100 Continue', async () => {
    await writeFile(join(folder, 'many'), many)
    const seen = await curl(
      '-v',
      '--stderr',
      '-',
      '--expect100-timeout',
      '60',
      '-o',
      '/dev/null',
      '-T',
      join(folder, 'many'),
      `${url}/length`,
    )
    expect(seen).toContain('< HTTP/1.1 100 Continue')
    expect(seen).toContain('< HTTP/1.1 200 OK')
  })

  test('is refused before it uploads', async () => {
    await writeFile(join(folder, 'many'), many)
    const seen = await curl(
      '-v',
      '--stderr',
      '-',
      '--expect100-timeout',
      '60',
      '-o',
      '/dev/null',
      '-T',
      join(folder, 'many'),
      `${url}/refuse`,
    )
    expect(seen).not.toContain('100 Continue')
    expect(seen).toContain('< HTTP/1.1 403 Forbidden')
  })

  test('gets the head alone with -I', async () => {
    const head = await curl('-I', `${url}/size/1234`)
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(head).toContain('content-length: 1234\r\n')
  })

  test.each([0, 1, 1000, 65_535, 65_536, 65_537, 262_144, 262_145, 1_000_000, 10_000_000])(
    'gets %i bytes',
    async (size) => {
      expect((await curl(`${url}/size/${size}`)).length).toBe(size)
    },
  )

  test.each([1, 1000, 65_536, 1_000_000, 10_000_000])('posts %i bytes', async (size) => {
    const body = Buffer.alloc(size, 'x')
    expect(await run('curl', ['--silent', '--show-error', '--data-binary', '@-', `${url}/length`], body)).toBe(
      String(size),
    )
  })

  test('uses one connection for many requests', async () => {
    const counts = await curl('-w', '%{num_connects}', '-o', '/dev/null', `${url}/size/[1-20]`)
    expect(counts.replaceAll('0', '').length).toBeLessThanOrEqual(1)
    expect(echoServer.connections.size).toBe(1)
  })

  test('speaks TLS', async () => {
    expect(await curl('-k', `${secureUrl}/hello`)).toBe('GET /hello')
    const echoed = await run('curl', ['--silent', '--show-error', '-k', '-T', '-', `${secureUrl}/echo`], many)
    expect(echoed === many.toString('latin1')).toBe(true)
  })

  test('agrees on http/1.1 although it would take more', async () => {
    expect(await curl('-k', '--http2', '-w', ' %{http_version}', `${secureUrl}/hello`)).toBe('GET /hello 1.1')
  })
})

describe('undici', () => {
  test('gets the responses to a pipeline in order', async () => {
    const pool = new Pool(url, { connections: 2, pipelining: 16 })
    onTestFinished(() => pool.close())
    const paths = Array.from({ length: 500 }, (_, index) =>
      index % 7 === 0 ? `/stream/${index % 5}` : `/number/${index}`,
    )
    const responses = await Promise.all(
      paths.map(async (path) => (await pool.request({ path, method: 'GET' })).body.bytes()),
    )
    for (const [index, bytes] of responses.entries()) {
      if (index % 7 === 0) expect(bytes).toHaveLength((index % 5) * 10_000)
      else expect(Buffer.from(bytes).toString()).toBe(`GET /number/${index}`)
    }
    expect(echoServer.connections.size).toBeLessThanOrEqual(2)
  })

  test('posts bodies from many at once', async () => {
    const pool = new Pool(url, { connections: 4 })
    onTestFinished(() => pool.close())
    const sizes = Array.from({ length: 100 }, (_, index) => index * 5000)
    const responses = await Promise.all(
      sizes.map(async (size) =>
        (await pool.request({ path: '/length', method: 'POST', body: Buffer.alloc(size) })).body.text(),
      ),
    )
    expect(responses).toEqual(sizes.map(String))
  })

  test('as fetch sends a stream and reads one', async () => {
    const body = new Blob([Buffer.alloc(2_000_000, 'abc')]).stream()
    // The types know no duplex.
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' }
    const response = await fetch(`${url}/echo`, init)
    expect((await response.arrayBuffer()).byteLength).toBe(2_000_000)
  })
})

/** Ends a request with this body and resolves with the response's. */
async function responseText(request: ClientRequest, body?: Uint8Array): Promise<string> {
  request.end(body)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
  })
  return (await buffer(response)).toString('latin1')
}

describe('node:http', () => {
  test('uses one connection again and again', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    for (let index = 0; index < 50; index++) {
      const request = requestPlainly(`${url}/${index}`, { agent })
      expect(await responseText(request)).toBe(`GET /${index}`)
      expect(request.reusedSocket).toBe(index > 0)
    }
    expect(echoServer.connections.size).toBe(1)
  })

  test('sends a body in chunks and one of known length', async () => {
    const body = Buffer.alloc(100_000, 'x')
    const chunked = requestPlainly(`${url}/echo`, { method: 'POST' })
    chunked.write(body)
    expect(await responseText(chunked, body)).toHaveLength(200_000)
    const headers = { 'content-length': body.length }
    expect(await responseText(requestPlainly(`${url}/echo`, { method: 'PUT', headers }), body)).toHaveLength(100_000)
  })

  test('waits for 100 Continue', async () => {
    const request = requestPlainly(`${url}/length`, { method: 'POST', headers: { expect: '100-continue' } })
    const continued = new Promise((resolve) => request.on('continue', resolve))
    request.flushHeaders()
    await continued
    expect(await responseText(request, Buffer.alloc(1000))).toBe('1000')
  })

  test('speaks TLS', async () => {
    const request = requestSecurely(`${secureUrl}/echo`, { method: 'POST', rejectUnauthorized: false })
    expect(await responseText(request, Buffer.alloc(1_000_000, 'x'))).toHaveLength(1_000_000)
  })
})

describe('nginx in front', () => {
  test('keeps its connections and passes on every kind of request', async () => {
    const port = await freePort()
    const http = `
      upstream galley { server ${hostname}:${plain.port}; keepalive 4; }
      server {
        listen ${hostname}:${port};
        client_max_body_size 0;
        location / { proxy_pass http://galley; proxy_http_version 1.1; proxy_set_header Connection ""; }
        location /unbuffered/ {
          proxy_pass http://galley/;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_request_buffering off;
          proxy_buffering off;
        }
      }`
    onTestFinished(await startNginx(await mkdtemp(join(folder, 'nginx-')), http))
    const front = `http://${hostname}:${port}`
    for (let index = 0; index < 50; index++) {
      expect(await (await fetch(`${front}/${index}`)).text()).toBe(`GET /${index}`)
    }
    expect(echoServer.connections.size).toBeLessThanOrEqual(4)
    const body = Buffer.alloc(3_000_000, 'x')
    for (const way of ['', '/unbuffered']) {
      const response = await fetch(`${front}${way}/echo`, { method: 'POST', body })
      expect((await response.arrayBuffer()).byteLength).toBe(body.length)
      expect(await run('curl', ['--silent', '--show-error', '-T', '-', `${front}${way}/length`], body)).toBe('3000000')
      expect((await (await fetch(`${front}${way}/stream/50`)).arrayBuffer()).byteLength).toBe(500_000)
      expect((await fetch(`${front}${way}/size/10`, { method: 'HEAD' })).headers.get('content-length')).toBe('10')
      expect((await fetch(`${front}${way}/refuse`, { method: 'POST', body: 'x' })).status).toBe(403)
    }
  })
})

describe('load generators', () => {
  test.runIf(isInstalled('ab'))('ab gets all responses, with and without keep-alive', async () => {
    for (const keepAlive of [['-k'], []]) {
      const report = await run('ab', [...keepAlive, '-q', '-n', '2000', '-c', '20', `${url}/hello`])
      expect(report).toMatch(/Complete requests:\s+2000\n/)
      expect(report).toMatch(/Failed requests:\s+0\n/)
    }
  })

  test.runIf(isInstalled('wrk'))('wrk sees no error', async () => {
    const report = await run('wrk', ['-t', '1', '-c', '50', '-d', '1s', `${url}/hello`])
    expect(report).toMatch(/\d+ requests in/)
    expect(report).not.toMatch(/Socket errors|Non-2xx/)
  })
})

describe("Go's client", () => {
  test.runIf(isInstalled('go'))('gets back what it posts', async () => {
    const file = join(folder, 'main.go')
    await writeFile(file, goProgram)
    expect((await run('go', ['run', file, url])).trim()).toBe('all well')
  })
})

describe('Chromium', () => {
  const openPage = useBrowser()

  test('loads a page with 50 resources', async () => {
    const pictures = Array.from({ length: 50 }, (_, index) => `<img src="/picture/${index}">`)
    const picture = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"><rect width="3" height="2"/></svg>',
    )
    const server = await serve({
      port: 0,
      hostname,
      fetch: (request) =>
        new URL(request.url).pathname === '/'
          ? new Response(`<!doctype html><title>Pictures</title>${pictures.join('')}`, {
              headers: { 'content-type': 'text/html' },
            })
          : new Response(picture, { headers: { 'content-type': 'image/svg+xml' } }),
    })
    onTestFinished(() => server.close(0))
    const { page, faults } = await openPage(`http://${hostname}:${server.port}/`)
    await page.waitForLoadState('load')
    const widths = await page.evaluate(`[...document.images].map(({ naturalWidth }) => naturalWidth)`)
    expect(widths).toEqual(Array.from({ length: 50 }, () => 3))
    expect(faults).toEqual([])
  })
})
