import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Report, Scenario, ScenarioContext } from '../scenario.ts'
import { fieldOf, get, post } from '../wire.ts'
import { bodies, hello, never, neverMs, pathOf, quickMs, reportAbort, statuses } from './probe-connection.ts'

/** Responds with the body, or without one with the path. */
const reader = (report: Report) => async (request: Request) => {
  if (request.method === 'POST') report('asked')
  return new Response((await request.text()) || pathOf(request))
}

/** Resolves as soon as no connection is accepted any more. */
async function refusesConnections({ port }: ScenarioContext): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const refused = new Promise((resolve) => socket.on('error', resolve))
    if ((await Promise.race([refused, once(socket, 'connect').catch(() => refused)])) instanceof Error) return
    socket.destroy()
  }
}

export const lifeCycle: readonly Scenario[] = [
  {
    title: 'sends Connection: close with each next response once it drains, and still accepts connections',
    handler: () => hello,
    async run({ open, drain }) {
      const wire = await open()
      wire.send(get('/'))
      equal(fieldOf(await wire.response(), 'connection'), undefined)
      await drain()
      wire.send(get('/') + get('/'))
      const { responses } = await wire.all()
      deepEqual([responses.length, fieldOf(responses[1], 'connection')], [2, 'close'])
      const late = await open()
      late.send(get('/'))
      equal(fieldOf((await late.all()).responses[0], 'connection'), 'close')
    },
  },
  {
    title: 'closes idle connections at once when it closes, used ones and fresh ones',
    handler: () => hello,
    async run(context) {
      const [used, fresh] = [await context.open(), await context.open()]
      used.send(get('/'))
      await used.response()
      await context.close(neverMs)
      deepEqual([await used.closed, await fresh.closed], ['ended', 'ended'])
      await refusesConnections(context)
    },
  },
  {
    title: 'finishes the response in flight when it closes, with Connection: close',
    handler: reader,
    async run(context) {
      const wire = await context.open()
      wire.send(post('/', 4))
      await context.reportOf('asked')
      const closed = context.close(neverMs)
      await refusesConnections(context)
      wire.send('body')
      const [response] = (await wire.all()).responses
      deepEqual([response?.body, fieldOf(response, 'connection')], ['body', 'close'])
      await closed
    },
  },
  {
    title: 'finishes a stream in flight when it closes, and closes the connection behind it',
    handler: () => (request) => new Response(request.body),
    async run(context) {
      const wire = await context.open()
      wire.send(`${post('/', 8)}echo`)
      await wire.until((_, text) => text.includes('echo'))
      const closed = context.close(neverMs)
      await refusesConnections(context)
      wire.send('echo')
      deepEqual(bodies((await wire.all()).responses), ['echoecho'])
      await closed
    },
  },
  {
    title: 'answers no request of a pipeline behind the one in flight when it closes',
    handler: reader,
    async run(context) {
      const wire = await context.open()
      wire.send(post('/', 4))
      await context.reportOf('asked')
      const closed = context.close(neverMs)
      await refusesConnections(context)
      wire.send(`body${get('/next')}`)
      deepEqual(bodies((await wire.all()).responses), ['body'])
      await closed
    },
  },
  {
    title: 'breaks off stuck connections when the grace period is over',
    handler: (report) => (request) => {
      reportAbort(request, report)
      report('asked')
      return never()
    },
    async run(context) {
      const wire = await context.open()
      wire.send(get('/'))
      await context.reportOf('asked')
      await context.close(quickMs)
      await context.reportOf('aborted')
      deepEqual((await wire.all()).responses, [])
    },
  },
  {
    title: 'breaks off at once when close() is called again without grace',
    handler: (report) => () => {
      report('asked')
      return never()
    },
    async run(context) {
      const wire = await context.open()
      wire.send(get('/'))
      await context.reportOf('asked')
      const closed = context.close(neverMs)
      await context.close(0)
      await Promise.all([closed, wire.closed])
    },
  },
  {
    title: 'does not wait for a client that keeps its side of an idle connection open when it closes',
    limits: { lingerTimeoutMs: quickMs },
    handler: () => hello,
    async run(context) {
      const wire = await context.open()
      wire.socket.allowHalfOpen = true
      wire.send(get('/'))
      await wire.response()
      await context.close(neverMs)
    },
  },
  {
    title: 'gives an HTTP/1.0 request without Host the address where it listens',
    handler: () => (request) => new Response(request.url),
    async run({ open, port }) {
      const wire = await open()
      wire.send('GET /path HTTP/1.0\r\n\r\n')
      deepEqual(bodies((await wire.all()).responses), [`http://127.0.0.1:${port}/path`])
    },
  },
  {
    title: 'listens on IPv6, and has a valid address there as well',
    hostname: '::1',
    handler:
      () =>
      (request, { address }) =>
        new Response(`${request.url} ${address}`),
    async run({ open, port }) {
      const wire = await open()
      wire.send('GET /path HTTP/1.0\r\n\r\n')
      const { responses } = await wire.all()
      deepEqual([statuses(responses), bodies(responses)], [[200], [`http://[::1]:${port}/path ::1`]])
    },
  },
  {
    title: 'passes the peer to the handler',
    handler:
      () =>
      (_, { address, isSecure }) =>
        new Response(`${address} ${isSecure}`),
    async run({ open }) {
      const wire = await open({ localAddress: '127.0.0.3' })
      wire.send(get('/'))
      equal((await wire.response()).body, '127.0.0.3 false')
    },
  },
]
