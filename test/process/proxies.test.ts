/** The documented proxies, each in front of a server: live pages, sign-in over HTTPS, large bodies, addresses. */
import { on, once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { sample } from '../harness/sample.ts'
import { root } from '../harness/server.ts'
import { freePort } from './free-port.ts'
import { type ProxyName, proxies, proxyStarter } from './proxies.ts'
import { servers } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

const start = servers()
const startProxy = proxyStarter()
const folder = temporaryFolders()

const host = 'app.example'

/** A browser's connection to a site that is not in the DNS. */
function site(port: number): RequestOptions {
  return { host: '127.0.0.1', port, servername: host, rejectUnauthorized: false, agent: false }
}

async function send(port: number, line: string, headers = {}, body = ''): Promise<IncomingMessage> {
  const [method = '', path = ''] = line.split(' ')
  const sent = request({ ...site(port), method, path, headers: { Host: `${host}:${port}`, ...headers } })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}

/** Resolves once what arrives matches. */
async function shows(chunks: AsyncIterable<unknown>, pattern: RegExp): Promise<void> {
  let received = ''
  for await (const chunk of { [Symbol.asyncIterator]: () => ({ next: iteratorOf(chunks) }) }) {
    received += String(chunk)
    if (pattern.test(received)) return
  }
  throw new Error(`It ended after ${received}`)
}

/** Of an iterator that is read on later: a loop over it would end it. */
function iteratorOf(chunks: AsyncIterable<unknown>) {
  const iterator = chunks[Symbol.asyncIterator]()
  return () => iterator.next()
}

/** Fails sooner than the time-out of other tests when something does not arrive. */
const options = { timeout: 30_000 }

describe.each(Object.keys(proxies) as ProxyName[])('behind %s', options, (name) => {
  test('pages are live, people sign in over HTTPS, and clients keep their addresses', async () => {
    const [httpPort, httpsPort, unused] = [await freePort(), await freePort(), await freePort()]
    const env = { TRUST_PROXY: '127.0.0.1', ALLOWED_HOSTS: host }
    const { url, output } = await start({ runtime: sample(['node', 'deno'] as const, 2)[0] ?? 'node', env })
    const upstreams = [Number(new URL(url).port), unused] as const
    await startProxy(name, { folder: await folder(), httpPort, httpsPort, upstreams })
    const origin = `https://${host}:${httpsPort}`

    const account = JSON.stringify({ email: 'ann@app.example', password: 'correct horse battery' })
    const spoofed = { Forwarded: 'for=6.6.6.6;proto=http', 'X-Forwarded-For': '6.6.6.6', 'X-Forwarded-Proto': 'http' }
    const up = await send(httpsPort, 'POST /api/auth/sign-up', { Origin: origin, ...spoofed }, account)
    expect([up.statusCode, await text(up)]).toEqual([201, expect.stringContaining('ann@app.example')])
    expect(up.headers['strict-transport-security']).toBeDefined()
    const [cookie = ''] = up.headers['set-cookie']?.[0]?.split(';') ?? []
    expect(cookie).toMatch(/^__Host-/)
    const me = await send(httpsPort, 'GET /api/auth/me', { Cookie: cookie })
    expect(await text(me)).toContain('ann@app.example')

    const stream = await send(httpsPort, 'GET /api/topics/todos/events', { Accept: 'text/event-stream' })
    expect(stream.statusCode).toBe(200)
    stream.setEncoding('utf8')
    const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}/api/connect`, 'galley.v1.json', {
      ...site(httpsPort),
      origin,
      headers: { Cookie: cookie, Host: `${host}:${httpsPort}` },
    })
    const messages = on(socket, 'message')
    await once(socket, 'open')
    socket.send('{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topic":"todos"}}')
    await shows(messages, /"id":1/)
    const made = await send(httpsPort, 'POST /api/todos', { Origin: origin, Cookie: cookie }, '{"title":"milk"}')
    expect(made.statusCode).toBe(201)
    await shows(stream, /milk/)
    await shows(messages, /milk/)
    socket.terminate()

    const large = await send(httpsPort, 'POST /api/todos', {}, 'x'.repeat(1_500_000))
    expect(JSON.parse(await text(large))).toMatchObject({ status: 413, code: 'body_too_large' })
    expect((await send(httpsPort, 'GET /metrics')).statusCode).toBe(404)
    expect(output()).not.toContain('6.6.6.6')
  })
})

test('docs/deployment.md shows the configurations of these tests', async () => {
  const read = (path: string) => readFile(join(root, path), 'utf8')
  const docs = await read('docs/deployment.md')
  for (const file of ['nginx.conf', 'haproxy.cfg', 'Caddyfile']) {
    expect(docs, file).toContain(`(../examples/proxies/${file})`)
    expect(docs, file).toContain(
      `\n\`\`\`${file === 'nginx.conf' ? 'nginx' : 'text'}\n${await read(`examples/proxies/${file}`)}\`\`\`\n`,
    )
  }
})
