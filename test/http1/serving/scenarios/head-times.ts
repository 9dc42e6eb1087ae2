import { deepEqual, equal } from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'
import { get } from '../wire.ts'
import { bodies, hello, isOver, neverMs, outlastHeadTimeout, quickMs, statuses } from './probe-connection.ts'

const limits = { headTimeoutMs: quickMs }

export const headTimes: readonly Scenario[] = [
  {
    title: 'answers 408 to a head that stops, and closes',
    limits,
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      wire.send('GET / HTTP/1.1\r\nHost: a\r\n')
      const { responses, problem } = await wire.all()
      deepEqual([statuses(responses), problem], [[408], null])
    },
  },
  {
    title: 'answers 408 to a head that drips',
    limits,
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      wire.send('GET / HTTP/1.1\r\nHost: a\r\nX-Drip: ')
      await wire.drip('x')
      const { responses, problem } = await wire.all()
      deepEqual([statuses(responses), problem], [[408], null])
    },
  },
  {
    title: 'answers 408 to a late first byte without any more',
    limits,
    handler: () => hello,
    async run(context) {
      const wire = await context.open()
      wire.send('\r')
      const { responses } = await wire.all()
      deepEqual(statuses(responses), [408])
    },
  },
  {
    title: 'closes a connection that never sends a byte, without a response',
    limits,
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      equal(await wire.closed, 'ended')
      equal(wire.receivedBytes, 0)
    },
  },
  {
    title: 'answers 408 to a second head that drips, after the response to the first',
    limits: { ...limits, keepAliveTimeoutMs: neverMs },
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      wire.send(get('/'))
      await wire.response()
      wire.send('GET /second')
      await wire.drip('x')
      const { responses } = await wire.all()
      deepEqual(statuses(responses), [200, 408])
    },
  },
  {
    title: 'answers 408 to a second head that came in part with the first request',
    limits: { ...limits, keepAliveTimeoutMs: neverMs },
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      wire.send(`${get('/')}GET /second HT`)
      const { responses } = await wire.all()
      deepEqual(statuses(responses), [200, 408])
    },
  },
  {
    title: 'counts the head time anew for each request, so that a busy connection is never cut',
    limits: { ...limits, keepAliveTimeoutMs: neverMs },
    handler: () => hello,
    async run(context) {
      const wire = await context.open()
      const probe = outlastHeadTimeout(context)
      await wire.drip(get('/'), isOver(probe))
      await probe
      const count = (await wire.responses(1)).length
      wire.send(get('/last', 'Connection: close'))
      const { responses, problem } = await wire.all()
      equal(problem, null)
      equal(responses.length > count, true)
      equal(
        responses.every(({ status }) => status === 200),
        true,
      )
    },
  },
  {
    title: 'does not count the time of a handler against the head that came behind it',
    limits: { ...limits, keepAliveTimeoutMs: neverMs },
    handler() {
      const go = Promise.withResolvers<void>()
      return async (request) => {
        if (request.url.endsWith('/go')) go.resolve()
        else await go.promise
        return new Response(request.url.at(-1) ?? '')
      }
    },
    async run(context) {
      const wire = await context.open()
      wire.send(`${get('/1')}GET /2 HTTP/1.1\r\nHo`)
      await outlastHeadTimeout(context)
      const other = await context.open()
      other.send(get('/go'))
      await wire.response()
      wire.send('st: localhost\r\n\r\n')
      deepEqual(bodies(await wire.responses(2)), ['1', '2'])
    },
  },
  {
    title: 'answers whole requests that waited longer than a head may, because the client was slow to read',
    limits: { ...limits, keepAliveTimeoutMs: neverMs, writeTimeoutMs: neverMs, backlogBytesMax: 1024 ** 2 },
    handler: () => () => new Response('x'.repeat(200_000)),
    async run(context) {
      const wire = await context.open({ isPaused: true })
      wire.send(get('/').repeat(100))
      await outlastHeadTimeout(context)
      await outlastHeadTimeout(context)
      wire.socket.resume()
      await wire.receivedAtLeast(100 * 200_000)
      wire.send(get('/', 'Connection: close'))
      const { responses } = await wire.all()
      equal(responses.length, 101)
      deepEqual([...new Set(statuses(responses))], [200])
    },
  },
]
