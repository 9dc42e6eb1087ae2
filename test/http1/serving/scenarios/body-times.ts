import { deepEqual, equal } from 'node:assert/strict'
import type { Report, Scenario } from '../scenario.ts'
import { fieldOf, get, post, type Wire } from '../wire.ts'
import {
  bodies,
  isOver,
  neverMs,
  outlastHeadTimeout,
  pathOf,
  quickMs,
  reportAbort,
  statuses,
} from './probe-connection.ts'

const limits = { headTimeoutMs: quickMs, bodyIdleTimeoutMs: quickMs }

/** Reads each body as a whole; reports a failure. */
const reader = (report: Report) => async (request: Request) => {
  reportAbort(request, report)
  try {
    return new Response(String((await request.text()).length))
  } catch (error) {
    report('failed')
    throw error
  }
}

/** Reads a body, but not before a request for /go. */
const waiter = () => {
  const go = Promise.withResolvers<void>()
  return async (request: Request) => {
    if (pathOf(request) === '/go') go.resolve()
    else await go.promise
    return new Response(String((await request.text()).length))
  }
}

async function expectTimeout(wire: Wire): Promise<void> {
  const { responses, problem } = await wire.all()
  deepEqual([statuses(responses), problem], [[408], null])
}

export const bodyTimes: readonly Scenario[] = [
  {
    title: 'answers 408 to a body that stops, fails its reading and aborts the signal',
    limits,
    handler: reader,
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(`${post('/', 100)}half of it`)
      await expectTimeout(wire)
      await reportOf('failed')
      await reportOf('aborted')
    },
  },
  {
    title: 'answers 408 to a body in chunks that stops',
    limits,
    handler: reader,
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(`${post('/', 'chunked')}5\r\nhello\r\n`)
      await expectTimeout(wire)
      await reportOf('failed')
    },
  },
  {
    title: 'answers 408 to a body that drips slower than the minimum rate',
    limits: { ...limits, bodyBytesPerSecondMin: 10_000 },
    handler: reader,
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(post('/', 100_000))
      await wire.drip('x')
      await expectTimeout(wire)
      await reportOf('failed')
    },
  },
  {
    title: 'never cuts a steady body that is faster than the minimum rate',
    limits: { ...limits, bodyBytesPerSecondMin: 200 },
    handler: reader,
    async run(context) {
      const wire = await context.open()
      wire.send(post('/', 'chunked'))
      const slow = await context.open()
      slow.send(post('/', 100_000))
      const probe = expectTimeout(slow)
      await Promise.all([slow.drip('x'), wire.drip('64\r\n'.padEnd(104, 'x').concat('\r\n'), isOver(probe)), probe])
      wire.send('0\r\n\r\n')
      equal((await wire.response()).status, 200)
    },
  },
  {
    title: 'does not cut a body that it has not asked for yet',
    limits,
    handler: waiter,
    async run(context) {
      const wire = await context.open()
      wire.send(post('/', 5, 'Expect: 100-continue'))
      await outlastHeadTimeout(context)
      equal(wire.receivedBytes, 0)
      const other = await context.open()
      other.send(get('/go'))
      await wire.until(({ interim }) => interim.length > 0)
      wire.send('hello')
      deepEqual(bodies(await wire.responses(1)), ['5'])
    },
  },
  {
    title: 'does not cut a body while it applies backpressure',
    limits: { ...limits, bodyQueueBytesMax: 1000 },
    handler: waiter,
    async run(context) {
      const wire = await context.open()
      wire.send(post('/', 8_000_000))
      wire.send(new Uint8Array(8_000_000))
      await outlastHeadTimeout(context)
      await outlastHeadTimeout(context)
      const other = await context.open()
      other.send(get('/go'))
      deepEqual(bodies(await wire.responses(1)), ['8000000'])
    },
  },
  {
    title: 'only closes when the rest of an answered body never arrives',
    limits: { ...limits, keepAliveTimeoutMs: neverMs },
    handler: () => () => new Response('early'),
    async run({ open }) {
      const wire = await open()
      wire.send(`${post('/', 100)}half of it`)
      const { responses } = await wire.all()
      deepEqual(bodies(responses), ['early'])
    },
  },
  {
    title: 'only closes when the client ends in an answered body',
    handler: () => () => new Response('early'),
    async run({ open }) {
      const wire = await open()
      wire.send(`${post('/', 100)}half of it`)
      await wire.response()
      wire.socket.end()
      const { responses } = await wire.all()
      deepEqual(bodies(responses), ['early'])
    },
  },
  {
    title: 'closes a connection half-closed in a body with 400, because the rest will never arrive',
    handler: reader,
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(`${post('/', 100)}half of it`)
      wire.socket.end()
      const { responses } = await wire.all()
      deepEqual(statuses(responses), [400])
      equal(fieldOf(responses[0], 'connection'), 'close')
      await reportOf('failed')
    },
  },
]
