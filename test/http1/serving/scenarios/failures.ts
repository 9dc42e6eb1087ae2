import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Report, Scenario } from '../scenario.ts'
import { get, post } from '../wire.ts'
import { bodies, pathOf, statuses } from './probe-connection.ts'

type Handler = (request: Request) => Response | Promise<Response>

function fail(): never {
  throw new Error('out of order')
}

async function usedResponse(): Promise<Response> {
  const response = new Response('used')
  await response.text()
  return response
}

/** Values that a handler in plain JavaScript may return instead of a Response. */
function nothing(): Response {
  return undefined as unknown as Response
}

const failing: readonly (readonly [how: string, handler: Handler])[] = [
  ['throws', fail],
  ['rejects', () => Promise.reject(new Error('out of order'))],
  ['throws no Error', () => Promise.reject('just text')],
  ['returns nothing', nothing],
  ['resolves with nothing', async () => nothing()],
  ['returns null', () => null as unknown as Response],
  ['returns text', () => 'text' as unknown as Response],
  ['returns an object that is no Response', () => ({ status: 200, headers: [], body: null }) as unknown as Response],
  ['returns a Response whose body is used', usedResponse],
  ['returns a Response whose body is locked', () => lockedResponse()],
  ['returns Response.error()', () => Response.error()],
  ['rejects after a while', () => new Promise((_, reject) => setImmediate(() => reject(new Error('late'))))],
]

function lockedResponse(): Response {
  const response = new Response(new ReadableStream())
  response.body?.getReader()
  return response
}

/** Waits until its client has disconnected, and then responds. */
const late = (respond: () => Response | Promise<Response>) => (report: Report) => async (request: Request) => {
  if (pathOf(request) === '/hello') return new Response('hello')
  report('asked')
  await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
  // Not in the same turn, so that the connection has been released.
  await new Promise((resolve) => setImmediate(resolve))
  setImmediate(() => report('answered'))
  return respond()
}

const tooLate: readonly (readonly [what: string, respond: () => Response | Promise<Response>])[] = [
  ['a response', () => new Response('late')],
  ['nothing', nothing],
  ['a failure', fail],
  ['a used response', usedResponse],
  ['a response whose body is locked', lockedResponse],
  ['a stream that fails when it is cancelled', () => new Response(new ReadableStream({ cancel: fail }))],
]

export const failures: readonly Scenario[] = [
  ...failing.map(
    ([how, respond]): Scenario => ({
      title: `answers 500 when the handler ${how}, reports why, and continues`,
      handler: (report) => (request) => {
        if (pathOf(request) !== '/hello') return respond(request)
        report('hello')
        return new Response('hello')
      },
      async run({ open, reportOf, reported }) {
        const wire = await open()
        wire.send(get('/') + get('/hello'))
        const responses = await wire.responses(2)
        deepEqual([statuses(responses), responses[1]?.body], [[500, 200], 'hello'])
        ok(!responses[0]?.body.includes('out of order'))
        await reportOf('hello')
        equal(reported().filter((what) => what.startsWith('error: ')).length, 1)
      },
    }),
  ),
  {
    title: 'answers 500 when the handler fails in the middle of a body, and closes or stays in step',
    handler: () => async (request) => {
      if (pathOf(request) === '/hello') return new Response('hello')
      await request.body?.getReader().read()
      return fail()
    },
    async run({ open }) {
      const wire = await open()
      wire.send(`${post('/', 10)}part`)
      equal((await wire.response()).status, 500)
      wire.send(`ofbody${get('/hello')}`)
      const { responses } = await wire.until((reading) => reading.responses.length === 2)
      ok(responses.length === 1 || responses[1]?.body === 'hello')
    },
  },
  ...tooLate.map(
    ([what, respond]): Scenario => ({
      title: `survives ${what} that comes after the client has disconnected`,
      handler: late(respond),
      async run({ open, reportOf }) {
        const wire = await open()
        wire.send(get('/'))
        await reportOf('asked')
        wire.socket.resetAndDestroy()
        await reportOf('answered')
        const other = await open()
        other.send(get('/hello'))
        deepEqual(bodies(await other.responses(1)), ['hello'])
      },
    }),
  ),
  {
    title: 'cancels a stream that is returned after the client has disconnected',
    handler: (report) => late(() => new Response(new ReadableStream({ cancel: () => report('cancelled') })))(report),
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(get('/'))
      await reportOf('asked')
      wire.socket.resetAndDestroy()
      await reportOf('cancelled')
    },
  },
]
