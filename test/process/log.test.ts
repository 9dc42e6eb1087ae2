/** The log on standard output, which never blocks the server. */
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { readExposition } from '../exposition.ts'
import { rounds, sample } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { openConnection } from './connection.ts'
import { createTodo, servers, terminate } from './servers.ts'

const start = servers()

describe.each(sample(['node', 'deno', 'bun'] as const, 3))('the log of a server on %s', (runtime) => {
  const startFaulty = (LOG_LEVEL: string) =>
    start({ runtime, entry: `test/fixtures/${runtime}.ts`, env: { LOG_LEVEL } })

  test('is standard output, and is nothing but a line of JSON for each request, in order', async () => {
    const server = await start({ runtime })
    const lines = linesOf(server)
    const paths = Array.from({ length: 200 }, (_, index) => `/${'ø "\\'.repeat(index % 7)}${index}`)
    for (const path of paths) await get(server, path)
    expect(await terminate(server)).toBe(0)
    const logged = await lines
    expect(logged.map(({ path }) => path)).toEqual(paths.map((path) => new URL(path, server.url).pathname))
    expect(logged.every(({ level, status }) => level === 'info' && status === 404)).toBe(true)
  })

  const levels = [
    ['info', ['error', 'info', 'info']],
    ['error', ['error']],
    ['warn', ['error']],
    ['off', []],
  ] as const
  test.each(sample(levels, 3))(
    'at LOG_LEVEL=%s has %j of a request and of one that fails by a bug',
    async (level, expected) => {
      const server = await startFaulty(level)
      const lines = linesOf(server)
      expect((await get(server, '/api/todos')).status).toBe(200)
      expect((await get(server, '/api/faults/throw')).status).toBe(500)
      expect(await terminate(server)).toBe(0)
      expect((await lines).map(({ level }) => String(level)).toSorted()).toEqual(expected)
    },
  )

  test('has no secret of a request: no body, query, cookie, token or key', async () => {
    const server = await startFaulty('debug')
    const sent = await sendSecrets(server)
    expect(await terminate(server)).toBe(0)
    const output = server.output()
    expect(output.match(/"route":/g)?.length).toBe(sent)
    expect(output.split('\n').filter((line) => line.toLowerCase().includes(secret))).toEqual([])
  })

  test('is dropped when it is not read, and no request waits for it', async () => {
    const server = await start({ runtime })
    const { stdout } = server.process
    if (!stdout) throw new Error('There is no standard output.')
    stdout.pause()
    // More than fits into the buffer and the pipe.
    const count = rounds({ sampled: 5000, full: 10_000 })
    const statuses = await manyRequests(server, count)
    expect(statuses).toEqual(new Map([[404, count]]))
    const dropped = await droppedLines(server)
    expect(dropped).toBeGreaterThan(100)
    // When it is read again, the kept lines are complete.
    const lines = linesOf(server)
    stdout.resume()
    while ((await get(server, '/the-end')).status === 404) if (server.output().includes('/the-end')) break
    expect(await terminate(server)).toBe(0)
    const kept = (await lines).filter(({ path }) => String(path).startsWith('/long'))
    expect(kept.length).toBeGreaterThan(100)
    expect(kept.length + dropped).toBeGreaterThanOrEqual(count)
  })

  test('that is not read does not keep a server from exiting', async () => {
    const server = await start({ runtime })
    server.process.stdout?.pause()
    await manyRequests(server, 2000)
    // Neither its end nor its output can be awaited before it: the pipe is full.
    expect(await terminate(server)).toBe(0)
  })

  test('whose reader is gone does not end the server, and its lines are counted as lost', async () => {
    const server = await start({ runtime })
    server.process.stdout?.destroy()
    while ((await droppedLines(server)) === 0) await createTodo(server.url, 'milk')
    expect(await createTodo(server.url, 'bread')).toMatchObject({ title: 'bread' })
    expect(await terminate(server)).toBe(0)
  })
})

type Line = Record<string, unknown>

/** All lines from now until standard output ends. @throws when one is no JSON */
async function linesOf({ process: { stdout } }: RunningProcess): Promise<Line[]> {
  let text = ''
  stdout?.on('data', (chunk) => {
    text += String(chunk)
  })
  if (stdout) await once(stdout, 'end')
  expect(text === '' || text.endsWith('\n')).toBe(true)
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Line)
}

async function get({ url }: RunningProcess, path: string): Promise<Response> {
  const response = await fetch(url + path)
  await response.arrayBuffer()
  return response
}

/** Requests missing resources with long paths, and counts the responses by status. */
async function manyRequests(server: RunningProcess, count: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  let left = count
  const work = async () => {
    while (left > 0) {
      left -= 1
      const { status } = await get(server, `/long/${'x'.repeat(1500)}/${left}`)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: 32 }, work))
  return statuses
}

async function droppedLines({ url }: RunningProcess): Promise<number> {
  const response = await fetch(`${url}/metrics`)
  return readExposition(await response.text()).get('log_lines_dropped_total')?.samples[0]?.value ?? Number.NaN
}

const secret = 's3cr3t'

/** Puts a secret wherever one may be, into valid and invalid requests. Returns their number. */
async function sendSecrets(server: RunningProcess): Promise<number> {
  const headers = {
    Authorization: `Bearer ${secret}`,
    'Proxy-Authorization': `Basic ${secret}`,
    Cookie: `session=${secret}`,
    'Idempotency-Key': secret,
    'If-None-Match': `"${secret}"`,
    'X-Api-Key': secret,
    Traceparent: secret,
    'X-Request-Id': `not sane ${secret}`,
    'User-Agent': secret,
    Referer: `http://localhost/?${secret}`,
  }
  const bodies = [
    `{"title":"${secret}"}`,
    `{"${secret}":1}`,
    secret,
    `{"title":"${secret}`,
    `{"title":{"a":"${secret}"}}`,
  ]
  const paths = ['/api/todos', '/api/faults/throw', '/api/faults/reject', '/api/faults/sql', '/nothing', '/metrics']
  let sent = 0
  for (const path of paths) {
    for (const query of ['', `?token=${secret}`, `?filter[${secret}]=1`, `?%00=${secret}`]) {
      await fetch(server.url + path + query, { headers })
      for (const body of bodies) await fetch(server.url + path + query, { method: 'POST', headers, body })
      sent += 1 + bodies.length
    }
  }
  return sent + (await sendOddTargets(server))
}

/** Targets that `fetch` would not send: absolute ones (RFC 9112 §3.2.2), with all that a URL may have. */
async function sendOddTargets({ url }: RunningProcess): Promise<number> {
  const targets = [
    `http://localhost/nothing?${secret}`,
    `http://localhost?${secret}`,
    `http://localhost?/${secret}`,
    `/nothing?a=/${secret}`,
    `/nothing??${secret}`,
  ]
  for (const target of targets) {
    const connection = await openConnection(url)
    connection.send(
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept-Encoding: identity\r\n\r\n`,
    )
    await connection.closed
  }
  return targets.length
}
