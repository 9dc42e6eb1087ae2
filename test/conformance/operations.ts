import { expect, test } from 'vitest'
import { type Family, readExposition } from '../exposition.ts'
import type { Send, Subject } from './http.ts'
import { createTodo } from './rows.ts'

/** The servers of this suite are started with it as METRICS_TOKEN. */
export const metricsToken = 'token-of-the-conformance-suite'

const bearer = { headers: { Authorization: `Bearer ${metricsToken}` } }

export function operationCases(subject: Subject): void {
  metricsAccess(subject)
  metricsContent(subject)
  metricsSeries(subject)
}

function metricsAccess({ send, ownsSocket }: Subject): void {
  test.each(['Forwarded', 'X-Forwarded-For', 'X-Real-IP', 'Via'])(
    'the metrics are refused to a client with %s',
    async (name) => {
      const reply = await send('GET /metrics', { headers: { [name]: '127.0.0.1' } })
      expect([reply.status, reply.body().code]).toEqual([403, 'forbidden'])
    },
  )

  test('the metrics are open to this machine where the server knows the address, and else to no client', async () => {
    expect((await send('GET /metrics')).status).toBe(ownsSocket ? 200 : 403)
  })

  test('the metrics are open to a bearer of the token, from any address', async () => {
    const headers = { ...bearer.headers, 'X-Forwarded-For': '192.0.2.1' }
    const reply = await send('GET /metrics', { headers })
    expect(reply.status).toBe(200)
    expect(reply.header('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(reply.header('cache-control')).toBe('no-store')
  })

  test.each([`Bearer ${metricsToken}x`, `Bearer ${metricsToken.slice(1)}`, `Basic ${metricsToken}`, 'Bearer x'])(
    'the metrics are refused to a client that sends %j',
    async (authorization) => {
      const headers = { Authorization: authorization, 'X-Forwarded-For': '192.0.2.1' }
      expect((await send('GET /metrics', { headers })).status).toBe(403)
    },
  )
}

function metricsContent({ send }: Subject): void {
  test('the metrics follow their format', async () => {
    expect([...(await read(send)).keys()]).toEqual(
      expect.arrayContaining(['http_requests_total', 'http_request_duration_seconds', 'http_requests_in_flight']),
    )
  })

  test('each request is counted under the pattern of its route, and none under its path', async () => {
    const before = await read(send)
    const { id } = await createTodo(send)
    for (const path of [id, id, 'none']) await send(`GET /api/todos/${path}`)
    const after = await read(send)
    const rise = (method: string, route: string, status: string) =>
      countOf(after, { method, route, status }) - countOf(before, { method, route, status })
    expect(rise('POST', '/api/todos', '201')).toBe(1)
    expect(rise('GET', '/api/todos/:id', '200')).toBe(2)
    expect(rise('GET', '/api/todos/:id', '404')).toBe(1)
    expect(JSON.stringify([...after])).not.toContain(id)
  })

  test('both names of a route are one series', async () => {
    const labels = { method: 'GET', route: '/api/todos', status: '200' }
    const before = countOf(await read(send), labels)
    await send('GET /api/todos')
    await send('GET /api/v1/todos?limit=1')
    expect(countOf(await read(send), labels)).toBe(before + 2)
  })

  test('each request is in the histogram of its duration', async () => {
    const labels = { method: 'GET', route: '/health/live' }
    const observed = async () => {
      const samples = (await read(send)).get('http_request_duration_seconds')?.samples ?? []
      const counts = samples.filter(({ name }) => name.endsWith('_count'))
      return counts.find((sample) => matches(sample.labels, labels))?.value ?? 0
    }
    const before = await observed()
    await send('GET /health/live')
    expect(await observed()).toBe(before + 1)
  })

  test('the one request in flight is the one that asks', async () => {
    const inFlight = async () => (await read(send)).get('http_requests_in_flight')?.samples
    // A connection that a test has cut may be noticed only when the time to write to it is over.
    await expect
      .poll(inFlight, { timeout: 60_000 })
      .toEqual([{ name: 'http_requests_in_flight', labels: {}, value: 1 }])
  })
}

function metricsSeries({ send }: Subject): void {
  test('unknown paths and methods create no series', async () => {
    const odd = ['PROPFIND', 'LOCK', 'SEARCH', 'REPORT']
    const visit = (name: string) =>
      Promise.all([
        ...Array.from({ length: 30 }, (_, index) => send(`GET /${name}/${index}`)),
        ...Array.from({ length: 30 }, (_, index) => send(`GET /${name}-${index}.js`)),
        ...Array.from({ length: 30 }, (_, index) => send(`DELETE /api/todos/${name}${index}`)),
        ...odd.map((method) => send(`${method} /api/todos`)),
        ...odd.map((method) => send(`${method} /${name}`)),
      ])
    await visit('apple')
    await read(send)
    const before = await read(send)
    await visit('banana')
    const after = await read(send)
    expect(seriesOf(after)).toEqual(seriesOf(before))
    expect(countOf(after, { method: 'other', route: '', status: '405' })).toBeGreaterThan(0)
    expect(JSON.stringify([...after])).not.toMatch(/apple|banana|PROPFIND/)
  })
}

async function read(send: Send): Promise<Map<string, Family>> {
  const reply = await send('GET /metrics', bearer)
  expect(reply.status).toBe(200)
  return readExposition(reply.text)
}

type Labels = Record<string, string>

function countOf(metrics: Map<string, Family>, labels: Labels): number {
  const { samples = [] } = metrics.get('http_requests_total') ?? {}
  return samples.find((sample) => matches(sample.labels, labels))?.value ?? 0
}

function matches(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value)
}

function seriesOf(metrics: Map<string, Family>): string[] {
  return [...metrics.values()].flatMap(({ samples }) =>
    samples.map(({ name, labels }) => JSON.stringify([name, labels])),
  )
}
