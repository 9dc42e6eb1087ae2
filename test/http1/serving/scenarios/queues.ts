import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'
import { fieldOf, get, post } from '../wire.ts'
import { bodies, neverMs, outlastHeadTimeout, pathOf, quickMs, statuses } from './probe-connection.ts'

const megabyte = 1024 ** 2
/** More than the buffers of both kernels hold. */
const muchBytes = 64 * megabyte
const kernelBytesMax = 24 * megabyte

const limits = {
  headTimeoutMs: quickMs,
  keepAliveTimeoutMs: neverMs,
  bodyIdleTimeoutMs: neverMs,
  bodyQueueBytesMax: 64 * 1024,
}

async function count(body: ReadableStream<Uint8Array> | null): Promise<number> {
  let bytes = 0
  if (body) for await (const chunk of body) bytes += chunk.byteLength
  return bytes
}

export const queues: readonly Scenario[] = [
  {
    title: 'applies backpressure while a body is not read, and takes all of it in the end',
    limits,
    handler() {
      const go = Promise.withResolvers<void>()
      return async (request) => {
        if (pathOf(request) === '/go') go.resolve()
        await go.promise
        return new Response(String(await count(request.body)))
      }
    },
    async run(context) {
      const wire = await context.open()
      wire.send(post('/', muchBytes))
      equal(wire.send(new Uint8Array(muchBytes)), false)
      await outlastHeadTimeout(context)
      const { writableLength } = wire.socket
      ok(writableLength > 0, 'the client could send all of it')
      const other = await context.open()
      other.send(get('/go'))
      deepEqual(bodies(await wire.responses(1)), [String(muchBytes)])
    },
  },
  {
    title: 'applies backpressure while a body is read in part only',
    limits,
    handler(report) {
      const go = Promise.withResolvers<void>()
      return async (request) => {
        if (pathOf(request) === '/go') go.resolve()
        if (request.body === null) return new Response('')
        const reader = request.body.getReader()
        let bytes = (await reader.read()).value?.byteLength ?? 0
        report('first')
        await go.promise
        for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.byteLength
        return new Response(String(bytes))
      }
    },
    async run(context) {
      const wire = await context.open()
      wire.send(post('/', 'chunked'))
      const chunk = Buffer.alloc(megabyte + 10, 'x')
      chunk.write('100000\r\n', 0)
      chunk.write('\r\n', chunk.length - 2)
      for (let sent = 0; sent < muchBytes; sent += megabyte) wire.send(chunk)
      wire.send('0\r\n\r\n')
      await context.reportOf('first')
      await outlastHeadTimeout(context)
      ok(wire.socket.writableLength > muchBytes - kernelBytesMax, `${wire.socket.writableLength} are left`)
      const other = await context.open()
      other.send(get('/go'))
      deepEqual(bodies(await wire.responses(1)), [String(muchBytes)])
    },
  },
  {
    title: 'applies backpressure to a pipeline behind a slow response, and answers all of it in order',
    limits: { ...limits, backlogBytesMax: 64 * 1024 },
    handler() {
      const go = Promise.withResolvers<void>()
      return async (request) => {
        const path = pathOf(request)
        if (path === '/go') go.resolve()
        if (path === '/0') await go.promise
        return new Response(path)
      }
    },
    async run(context) {
      const wire = await context.open()
      const requests = Array.from({ length: 8000 }, (_, index) => get(`/${index}`, `X-Padding: ${'x'.repeat(7900)}`))
      for (const request of requests) wire.send(request)
      wire.send(get('/last', 'Connection: close'))
      await outlastHeadTimeout(context)
      ok(wire.socket.writableLength > muchBytes - kernelBytesMax, `${wire.socket.writableLength} are left`)
      const other = await context.open()
      other.send(get('/go'))
      const { responses } = await wire.all()
      deepEqual(bodies(responses), [...requests.map((_, index) => `/${index}`), '/last'])
    },
  },
]

const cap = { unreadBodyBytesMax: 1000 }

export const unreadBodies: readonly Scenario[] = [
  {
    title: 'reads an unread body up to the cap and continues with the request behind it',
    limits: cap,
    handler: () => (request) => new Response(pathOf(request)),
    async run({ open }) {
      const wire = await open()
      wire.send(post('/unread', 1000))
      equal(fieldOf(await wire.response(), 'connection'), undefined)
      wire.send(get('/hidden').padEnd(1000, '\n'))
      wire.send(get('/next'))
      deepEqual(bodies(await wire.responses(2)), ['/unread', '/next'])
    },
  },
  {
    title: 'closes after the response when more of an unread body is to come than the cap',
    limits: cap,
    handler: () => (request) => new Response(pathOf(request)),
    async run({ open }) {
      const wire = await open()
      wire.send(post('/unread', 1001))
      equal(fieldOf(await wire.response(), 'connection'), 'close')
      wire.send('x'.repeat(1001) + get('/next'))
      deepEqual(bodies((await wire.all()).responses), ['/unread'])
    },
  },
  {
    title: 'closes after the response when an unread body in chunks has not come to its end',
    limits: cap,
    handler: () => (request) => new Response(pathOf(request)),
    async run({ open }) {
      const wire = await open()
      wire.send(`${post('/unread', 'chunked')}3\r\nabc\r\n`)
      equal(fieldOf(await wire.response(), 'connection'), 'close')
      wire.send(`0\r\n\r\n${get('/next')}`)
      deepEqual(bodies((await wire.all()).responses), ['/unread'])
    },
  },
  {
    title: 'continues after an unread body that had arrived in full',
    limits: cap,
    handler: () => (request) => new Response(pathOf(request)),
    async run({ open }) {
      const wire = await open()
      wire.send(
        `${post('/unread', 'chunked')}3\r\nabc\r\n0\r\n\r\n${post('/long', 5000)}${'x'.repeat(5000)}${get('/next')}`,
      )
      deepEqual(bodies(await wire.responses(3)), ['/unread', '/long', '/next'])
    },
  },
  {
    title: 'continues after a body whose reader was cancelled in the middle',
    handler: () => async (request) => {
      const reader = request.body?.getReader()
      await reader?.read()
      await reader?.cancel()
      return new Response(pathOf(request))
    },
    async run({ open }) {
      const wire = await open()
      wire.send(post('/unread', 200_000))
      for (let part = 0; part < 20; part++) wire.send(new Uint8Array(10_000))
      wire.send(get('/next'))
      deepEqual(bodies(await wire.responses(2)), ['/unread', '/next'])
    },
  },
]

const whole = { wholeBodyBytesMax: 1000 }
const lengthOf = async (request: Request) => new Response(String((await request.arrayBuffer()).byteLength))
const inOneChunk = (length: number) => `${length.toString(16)}\r\n${'x'.repeat(length)}\r\n0\r\n\r\n`

export const wholeBodies: readonly Scenario[] = [
  {
    title: 'takes a body as a whole up to the limit',
    limits: whole,
    handler: () => lengthOf,
    async run({ open }) {
      const wire = await open()
      wire.send(post('/', 1000) + 'x'.repeat(1000) + post('/', 'chunked') + inOneChunk(1000))
      deepEqual(bodies(await wire.responses(2)), ['1000', '1000'])
    },
  },
  ...[
    { how: 'of known length', head: post('/', 1001), body: 'x'.repeat(1001) },
    { how: 'in chunks', head: post('/', 'chunked'), body: inOneChunk(1001) },
  ].flatMap(({ how, head, body }) => [
    {
      title: `answers 413 to a body ${how} that is larger than one may be as a whole`,
      limits: whole,
      handler: () => lengthOf,
      async run({ open }) {
        const wire = await open()
        wire.send(head + body)
        equal((await wire.response()).status, 413)
      },
    } satisfies Scenario,
    {
      title: `answers 413 to a body ${how} that is larger than one may be as a whole and comes after its head`,
      limits: whole,
      handler: (report) => (request) => {
        report('asked')
        return lengthOf(request)
      },
      async run({ open, reportOf }) {
        const wire = await open()
        wire.send(head)
        await reportOf('asked')
        wire.send(body)
        equal((await wire.response()).status, 413)
      },
    } satisfies Scenario,
  ]),
  {
    title: 'streams a body that is larger than one may be as a whole',
    limits: whole,
    handler: () => async (request) => new Response(String(await count(request.body))),
    async run({ open }) {
      const wire = await open()
      wire.send(post('/', 'chunked') + inOneChunk(5000))
      deepEqual(bodies(await wire.responses(1)), ['5000'])
    },
  },
  {
    title: 'answers 413 when a streamed body in chunks grows beyond all that one may be, and fails its stream',
    limits: { bodyBytesMax: 10_000 },
    handler: (report) => async (request) => {
      report('asked')
      try {
        return new Response(String(await count(request.body)))
      } catch (error) {
        report('failed')
        throw error
      }
    },
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(post('/', 'chunked'))
      await reportOf('asked')
      for (let part = 0; part < 11; part++) wire.send('3e8\r\n'.concat('x'.repeat(1000), '\r\n'))
      await reportOf('failed')
      deepEqual(statuses((await wire.all()).responses), [413])
    },
  },
]
