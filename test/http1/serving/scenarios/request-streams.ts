import { deepEqual, equal, ok } from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { Report, Scenario } from '../scenario.ts'
import { bare, fieldOf, get, post } from '../wire.ts'
import { bodies, pathOf, reportAbort, statuses } from './probe-connection.ts'

const megabyte = 1024 ** 2

/** Sends back what comes, as it comes. */
const echo = () => (request: Request) => new Response(request.body)

/** 50 MB that differ everywhere, in parts of an odd size. */
function fiftyMegabytes(): Buffer[] {
  const part = randomBytes(megabyte)
  return Array.from({ length: 50 }, (_, index) => Buffer.concat([Buffer.from(`part ${index}`), part]))
}

const inChunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Reports how the reading of a body ended. */
const reader = (report: Report) => async (request: Request) => {
  reportAbort(request, report)
  report('asked')
  try {
    let bytes = 0
    for await (const chunk of request.body ?? []) bytes += chunk.byteLength
    report('whole')
    return new Response(String(bytes))
  } catch (error) {
    report('failed')
    throw error
  }
}

export const requestStreams: readonly Scenario[] = [
  ...(['known length', 'chunks'] as const).map(
    (how): Scenario => ({
      title: `echoes 50 MB of ${how} while they come`,
      handler: echo,
      async run({ open }) {
        const parts = fiftyMegabytes()
        const whole = Buffer.concat(parts)
        const wire = await open()
        wire.send(post('/', how === 'chunks' ? 'chunked' : whole.length, 'Connection: close'))
        for (const part of parts) wire.send(how === 'chunks' ? inChunk(part) : part)
        if (how === 'chunks') wire.send('0\r\n\r\n')
        const { responses, problem } = await wire.all()
        equal(problem, null)
        equal(digest(Buffer.from(responses[0]?.body ?? '', 'latin1')), digest(whole))
      },
    }),
  ),
  {
    title: 'passes on the first bytes of a body before the next arrive',
    handler: echo,
    async run({ open }) {
      const wire = await open()
      wire.send(`${post('/', 'chunked')}3\r\none\r\n`)
      await wire.until((_, text) => text.includes('one'))
      wire.send('3\r\ntwo\r\n')
      await wire.until((_, text) => text.includes('two'))
      wire.send('0\r\n\r\n')
      deepEqual(bodies(await wire.responses(1)), ['onetwo'])
    },
  },
  ...(
    [
      ['resets the connection', (socket) => socket.resetAndDestroy()],
      ['closes the connection', (socket) => socket.destroy()],
    ] satisfies [string, (socket: import('node:net').Socket) => void][]
  ).map(
    ([what, go]): Scenario => ({
      title: `aborts the signal and fails the body when the client ${what} in a body`,
      handler: reader,
      async run({ open, reportOf, reported }) {
        const wire = await open()
        wire.send(`${post('/', 100)}part`)
        await reportOf('asked')
        go(wire.socket)
        await reportOf('failed')
        await reportOf('aborted')
        ok(!reported().includes('whole'))
      },
    }),
  ),
  {
    title: 'never takes the end of a connection for the end of a chunked body',
    handler: reader,
    async run({ open, reportOf, reported }) {
      const wire = await open()
      wire.send(`${post('/', 'chunked')}4\r\npart\r\n`)
      await reportOf('asked')
      wire.socket.end()
      await reportOf('failed')
      ok(!reported().includes('whole'))
    },
  },
  {
    title: 'does not abort the signal of an answered request when the client disconnects later',
    handler: (report) => (request) => {
      reportAbort(request, report)
      request.signal.throwIfAborted()
      return new Response(pathOf(request))
    },
    async run({ open, reported }) {
      const wire = await open()
      wire.send(get('/'))
      await wire.response()
      wire.socket.resetAndDestroy()
      const other = await open()
      other.send(get('/'))
      await other.response()
      deepEqual(reported(), [])
    },
  },
  {
    title: 'aborts the signals of none but the request in flight when a client with a pipeline goes',
    handler: (report) => (request) => {
      const path = pathOf(request)
      request.signal.addEventListener('abort', () => report(`aborted ${path}`))
      report(path)
      return path === '/2' ? new Promise(() => {}) : new Response(path)
    },
    async run({ open, reportOf, reported }) {
      const wire = await open()
      wire.send(get('/1') + get('/2') + get('/3'))
      await reportOf('/2')
      wire.socket.resetAndDestroy()
      await reportOf('aborted /2')
      deepEqual(reported(), ['/1', '/2', 'aborted /2'])
    },
  },
]

const expecting = 'Expect: 100-continue'

export const expectations: readonly Scenario[] = [
  {
    title: 'sends 100 Continue when the handler begins to read and not before',
    handler(report) {
      const go = Promise.withResolvers<void>()
      return async (request) => {
        if (pathOf(request) === '/go') go.resolve()
        report('asked')
        await go.promise
        return new Response(await request.text())
      }
    },
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(post('/', 5, expecting))
      await reportOf('asked')
      const other = await open()
      other.send(get('/go'))
      equal((await other.response()).interim.length, 0)
      await wire.until(({ interim }) => interim.length > 0)
      wire.send('hello')
      const [response] = await wire.responses(1)
      deepEqual([response?.interim, response?.body], [[100], 'hello'])
    },
  },
  {
    title: 'sends 100 Continue once for a body that is streamed',
    handler: () => async (request) => {
      let text = ''
      const decoder = new TextDecoder()
      for await (const chunk of request.body ?? []) text += decoder.decode(chunk)
      return new Response(text)
    },
    async run({ open }) {
      const wire = await open()
      wire.send(post('/', 'chunked', expecting))
      await wire.until(({ interim }) => interim.length > 0)
      wire.send('3\r\none\r\n')
      wire.send('3\r\ntwo\r\n0\r\n\r\n')
      const [response] = await wire.responses(1)
      deepEqual([response?.interim, response?.body], [[100], 'onetwo'])
    },
  },
  {
    title: 'answers Expect: 100-continue without a 100 when the body is not wanted, and closes',
    handler: () => () => new Response('no, thanks', { status: 403 }),
    async run({ open }) {
      const wire = await open()
      wire.send(post('/', 5, expecting))
      const { responses } = await wire.all()
      deepEqual([statuses(responses), responses[0]?.interim, fieldOf(responses[0], 'connection')], [[403], [], 'close'])
    },
  },
  {
    title: 'sends 100 Continue after the responses to the requests before it',
    handler: () => async (request) => new Response(request.method + (await request.text())),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/') + bare('POST', '/', 'Content-Length: 5', expecting))
      await wire.until((_, text) => text.includes('100 Continue') && text.includes('GET'))
      wire.send('hello')
      const responses = await wire.responses(2)
      deepEqual(
        responses.map(({ interim, body }) => [interim, body]),
        [
          [[], 'GET'],
          [[100], 'POSThello'],
        ],
      )
    },
  },
  {
    title: 'sends 100 Continue before a response that streams the body back',
    handler: echo,
    async run({ open }) {
      const wire = await open()
      wire.send(post('/', 5, expecting))
      await wire.until((_, text) => text.includes('100 Continue'))
      wire.send('hello')
      const [response] = await wire.responses(1)
      deepEqual([response?.interim, response?.body], [[100], 'hello'])
    },
  },
  {
    title: 'does not send 100 Continue to a client whose body has already arrived',
    handler: () => async (request) => new Response(await request.text()),
    async run({ open }) {
      const wire = await open()
      wire.send(`${post('/', 5, expecting)}hello`)
      deepEqual((await wire.response()).interim, [])
    },
  },
]
