/** Every case of the probe, against Galley's own engine: `npm run probe` does the same with any other server. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Server, serve } from '../../adapters/tcp/serve.ts'
import type { Target } from '../probe/exchange.ts'
import { fetch } from '../probe/peers/echo.ts'
import { bytewiseSlug, isSentBytewise, plan, type Result, runProbe } from '../probe/probe.ts'

function targetAt(port: number): Target {
  return { host: '127.0.0.1', port, authority: `localhost:${port}`, quietMs: 150, timeoutMs: 20_000 }
}

describe('Galley', () => {
  const planned = plan()
  const bytewise = planned.filter(({ probed }) => isSentBytewise(probed))
  const results = new Map<string, Result>()
  let server: Server

  beforeAll(async () => {
    server = await serve({ fetch, port: 0, onError: () => {} })
    for (const result of await runProbe({ target: targetAt(server.port) })) results.set(result.slug, result)
  })
  afterAll(() => server.close())

  const expectPassed = (slug: string) => {
    const { passed, expected, seen } = results.get(slug) ?? { passed: false, expected: 'a result', seen: 'none' }
    expect(passed, `expected ${expected}; seen ${seen}`).toBe(true)
  }

  const named = planned.map(({ topic, probed }) => ({ topic, ...probed }))
  test.each(named)('$topic, $slug: $title', ({ slug }) => expectPassed(slug))

  test.each(bytewise.map(({ probed }) => probed))(
    'behaves as with $slug when the bytes arrive one at a time',
    ({ slug }) => expectPassed(bytewiseSlug(slug)),
  )

  test('sends the reason before it closes, wherever the client still reads', () => {
    const whole = planned.filter(({ probed }) => probed.how !== 'half-close').map(({ probed }) => probed.slug)
    expect(whole.filter((slug) => results.get(slug)?.seen === 'no response, closed')).toEqual([])
  })
})

describe('the probe', () => {
  let careless: NetServer

  beforeAll(async () => {
    careless = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok'))
    }).listen(0, '127.0.0.1')
    await once(careless, 'listening')
  })
  afterAll(() => void careless.close())

  test('passes no case of a server that answers everything with a truncated 200', async () => {
    const { port } = careless.address() as AddressInfo
    const target = { ...targetAt(port), timeoutMs: 1000 }
    const results = await runProbe({ target, only: 'host-' })
    const whole = results.filter(({ slug }) => !slug.endsWith('/bytewise'))
    expect(whole.length).toBeGreaterThan(40)
    expect(whole.filter(({ passed }) => passed)).toEqual([])
  })
})
