import { deepEqual, equal, ok } from 'node:assert/strict'
import type { TLSSocket } from 'node:tls'
import type { Scenario } from '../scenario.ts'
import { get, openWire, post } from '../wire.ts'
import { bodies, hello, neverMs, pathOf, quickMs } from './probe-connection.ts'

const isSecure = true

export const tlsScenarios: readonly Scenario[] = [
  {
    title: 'serves requests over TLS as https, and agrees on http/1.1',
    isSecure,
    handler: () => async (request, peer) =>
      new Response(`${request.url} ${peer.isSecure} ${(await request.text()).length}`),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/path') + post('/', 200_000) + 'x'.repeat(200_000))
      deepEqual(bodies(await wire.responses(2)), ['https://localhost/path true 0', 'https://localhost/ true 200000'])
    },
  },
  {
    title: 'cuts a handshake that is never finished',
    isSecure,
    limits: { headTimeoutMs: quickMs },
    handler: () => hello,
    async run({ port, open }) {
      const silent = await openWire({ port })
      const half = await openWire({ port })
      half.send('\x16\x03\x01\x02\x00\x01\x00')
      await Promise.all([silent.closed, half.closed])
      const wire = await open()
      wire.send(get('/'))
      equal((await wire.response()).body, 'hello')
    },
  },
  {
    title: 'survives bytes that are not a handshake',
    isSecure,
    handler: () => hello,
    async run({ port, open }) {
      const plain = await openWire({ port })
      plain.send(get('/'))
      await plain.closed
      const wire = await open()
      wire.send(get('/'))
      equal((await wire.response()).body, 'hello')
    },
  },
  {
    title: 'counts handshakes as connections of their address',
    isSecure,
    limits: { connectionsPerAddressMax: 2, headTimeoutMs: neverMs },
    handler: () => hello,
    async run({ port }) {
      const silent = await Promise.all([openWire({ port }), openWire({ port })])
      const third = await openWire({ port })
      await third.closed
      for (const wire of silent) wire.socket.destroy()
    },
  },
  {
    title: 'does not wait for handshakes when it closes',
    isSecure,
    limits: { headTimeoutMs: neverMs },
    handler: () => hello,
    async run({ port, close }) {
      const silent = await openWire({ port })
      await close(neverMs)
      await silent.closed
    },
  },
  {
    title: 'answers 408 to a head that drips over TLS',
    isSecure,
    limits: { headTimeoutMs: quickMs },
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      wire.send('GET /')
      await wire.drip('x')
      const { responses } = await wire.all()
      deepEqual(
        responses.map(({ status }) => status),
        [408],
      )
    },
  },
  {
    title: 'streams both ways over TLS with backpressure',
    isSecure,
    handler: () => (request) => new Response(pathOf(request) === '/echo' ? request.body : 'hello'),
    async run({ open }) {
      const wire = await open()
      const bytes = Buffer.alloc(20_000_000, 'some bytes')
      wire.send(post('/echo', bytes.length, 'Connection: close'))
      wire.send(bytes)
      const { responses, problem } = await wire.all()
      equal(problem, null)
      ok(Buffer.from(responses[0]?.body ?? '', 'latin1').equals(bytes))
    },
  },
  {
    title: 'cancels a stream over TLS when its client disconnects',
    isSecure,
    handler: (report) => () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 5))
            controller.enqueue(new TextEncoder().encode('tick'))
          },
          cancel: () => report('cancelled'),
        }),
      ),
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(get('/'))
      await wire.until((_, text) => text.includes('tick'))
      ;(wire.socket as TLSSocket).destroy()
      await reportOf('cancelled')
    },
  },
]
