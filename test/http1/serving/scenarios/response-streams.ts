import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'
import { bare, fieldOf, get, post } from '../wire.ts'
import { bodies, neverMs, outlastHeadTimeout, pathOf, quickMs, statuses } from './probe-connection.ts'

const encoder = new TextEncoder()
const chunkBytes = 64 * 1024
const chunks = 1024
/** More than what the kernels of both ends hold. */
const kernelChunks = 384

/** A stream that pulls from these, and then ends or does what the last one says. */
function streamOf(...parts: readonly (string | Uint8Array | Error)[]): ReadableStream<Uint8Array> {
  const left = [...parts]
  return new ReadableStream({
    pull(controller) {
      const part = left.shift()
      if (part === undefined) controller.close()
      else if (part instanceof Error) controller.error(part)
      else controller.enqueue(typeof part === 'string' ? encoder.encode(part) : part)
    },
  })
}

/** Answers with what a path stands for; /hello is an ordinary response. */
const table = (responses: Readonly<Record<string, () => Response>>) => () => (request: Request) =>
  (responses[pathOf(request)] ?? (() => new Response('hello')))()

export const responseStreams: readonly Scenario[] = [
  {
    title: 'pulls from a stream only as fast as the client reads',
    limits: { headTimeoutMs: quickMs, writeTimeoutMs: neverMs },
    handler() {
      let pulled = 0
      const chunk = new Uint8Array(chunkBytes)
      return (request) => {
        if (pathOf(request) === '/pulled') return new Response(String(pulled))
        return new Response(
          new ReadableStream({
            pull(controller) {
              if (pulled === chunks) controller.close()
              else controller.enqueue(chunk)
              pulled += 1
            },
          }),
        )
      }
    },
    async run(context) {
      const wire = await context.open({ isPaused: true })
      wire.send(get('/', 'Connection: close'))
      await outlastHeadTimeout(context)
      const other = await context.open()
      other.send(get('/pulled'))
      const pulled = Number((await other.response()).body)
      ok(pulled > 0 && pulled < kernelChunks, `${pulled} chunks were pulled`)
      wire.socket.resume()
      const { responses } = await wire.all()
      equal(responses[0]?.body.length, chunks * chunkBytes)
    },
  },
  {
    title: 'sends each part of a stream as it comes, the head before the first',
    handler(report) {
      let controller: ReadableStreamDefaultController<Uint8Array> | null = null
      const begin = (given: ReadableStreamDefaultController<Uint8Array>) => {
        controller = given
      }
      return (request) => {
        const path = pathOf(request)
        if (path === '/end') controller?.close()
        else if (path !== '/') controller?.enqueue(encoder.encode(path))
        if (path !== '/') return new Response('')
        report('begun')
        return new Response(new ReadableStream({ start: begin }))
      }
    },
    async run({ open }) {
      const [wire, other] = [await open(), await open()]
      wire.send(get('/'))
      await wire.until((_, text) => text.includes('\r\n\r\n'))
      for (const part of ['/one', '/two']) {
        other.send(get(part))
        await wire.until((_, text) => text.includes(part))
      }
      other.send(get('/end'))
      deepEqual(bodies(await wire.responses(1)), ['/one/two'])
    },
  },
  {
    title: 'does not take an empty chunk for the end of a stream',
    handler: table({ '/': () => new Response(streamOf('', 'one', '', '', 'two', '')) }),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/') + get('/hello'))
      deepEqual(bodies(await wire.responses(2)), ['onetwo', 'hello'])
    },
  },
  {
    title: 'sends an empty stream',
    handler: table({ '/': () => new Response(streamOf()) }),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/') + get('/hello'))
      deepEqual(bodies(await wire.responses(2)), ['', 'hello'])
    },
  },
  {
    title: 'sends a stream of a length that the handler knows with that length',
    handler: table({ '/': () => new Response(streamOf('one', 'two'), { headers: { 'content-length': '6' } }) }),
    async run({ open }) {
      const wire = await open()
      wire.send(get('/') + get('/hello'))
      const responses = await wire.responses(2)
      deepEqual(bodies(responses), ['onetwo', 'hello'])
      deepEqual([fieldOf(responses[0], 'content-length'), fieldOf(responses[0], 'transfer-encoding')], ['6', undefined])
    },
  },
  ...(
    [
      [
        'is longer than the length that it was given',
        () => streamOf('one', 'two'),
        '5',
        'The body is longer than its Content-Length.',
      ],
      [
        'is shorter than the length that it was given',
        () => streamOf('one', 'two'),
        '7',
        'The body is shorter than its Content-Length.',
      ],
      ['is empty though it was given a length', () => streamOf(), '1', 'The body is shorter than its Content-Length.'],
      ['fails', () => streamOf('one', new Error('no more')), undefined, 'no more'],
      ['fails at once', () => streamOf(new Error('no more')), undefined, 'no more'],
      ['fails within the length that it was given', () => streamOf('one', new Error('no more')), '6', 'no more'],
      ['gives text', () => textStream(), undefined, 'The chunks of a stream must be Uint8Arrays.'],
    ] as const
  ).map(
    ([how, make, length, error]): Scenario => ({
      title: `breaks off, and reports why, when a stream ${how}`,
      handler: (report) => (request) => {
        if (pathOf(request) === '/hello') report('hello')
        return new Response(make(), length === undefined ? {} : { headers: { 'content-length': length } })
      },
      async run({ open, reported }) {
        const wire = await open()
        wire.send(get('/') + get('/hello'))
        const { responses } = await wire.all()
        deepEqual(
          statuses(responses).filter((status) => status < 500),
          [],
        )
        ok(!wire.received.toString('latin1').endsWith('0\r\n\r\n'))
        const reports = reported()
        ok(reports.length === 1 && reports[0]?.startsWith(`error: ${error}`), reports.join())
      },
    }),
  ),
  {
    title: 'resets a connection to HTTP/1.0 on which a stream fails, whose end would pass for that of the body',
    handler: table({ '/': () => new Response(streamOf('one', new Error('no more'))) }),
    async run({ open }) {
      const wire = await open()
      wire.send('GET / HTTP/1.0\r\n\r\n')
      equal(await wire.closed, 'reset')
    },
  },
  {
    title: 'ends a stream to HTTP/1.0 with the connection, without chunks',
    handler: table({ '/': () => new Response(streamOf('one', 'two')) }),
    async run({ open }) {
      const wire = await open()
      wire.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
      equal(await wire.closed, 'ended')
      const [response] = wire.reading.responses
      deepEqual([response?.body, fieldOf(response, 'transfer-encoding')], ['onetwo', undefined])
    },
  },
  {
    title: 'keeps a connection of HTTP/1.0 after a stream of known length',
    handler: table({ '/': () => new Response(streamOf('onetwo'), { headers: { 'content-length': '6' } }) }),
    async run({ open }) {
      const wire = await open()
      wire.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'.repeat(2))
      deepEqual(bodies(await wire.responses(2)), ['onetwo', 'onetwo'])
    },
  },
  {
    title: 'cancels a stream that HEAD does not need, and continues',
    handler: (report) => (request) =>
      new Response(request.method === 'HEAD' ? new ReadableStream({ cancel: () => report('cancelled') }) : 'hello'),
    async run({ open, reportOf }) {
      const wire = await open()
      wire.heads.push(0)
      wire.send(bare('HEAD', '/') + get('/hello'))
      deepEqual(bodies(await wire.responses(2)), ['', 'hello'])
      await reportOf('cancelled')
    },
  },
  ...(['resetAndDestroy', 'destroy'] as const).map(
    (how): Scenario => ({
      title: `cancels a stream when its client disconnects by ${how === 'destroy' ? 'a close' : 'a reset'}`,
      handler: (report) => (request) => {
        request.signal.addEventListener('abort', () => report('aborted'))
        const tick = encoder.encode('tick ')
        return new Response(
          new ReadableStream({
            async pull(controller) {
              await new Promise((resolve) => setTimeout(resolve, 5))
              controller.enqueue(tick)
            },
            cancel: () => report('cancelled'),
          }),
        )
      },
      async run({ open, reportOf }) {
        const wire = await open()
        wire.send(get('/'))
        await wire.until((_, text) => text.includes('tick'))
        wire.socket[how]()
        await reportOf('cancelled')
        await reportOf('aborted')
      },
    }),
  ),
  {
    title: 'streams a response while the body still arrives, and stays in step',
    handler: () => (request) => new Response(pathOf(request) === '/hello' ? 'hello' : streamOf('one', 'two')),
    async run({ open }) {
      const wire = await open()
      wire.send(`${post('/', 10_000)}first`)
      equal((await wire.response()).body, 'onetwo')
      wire.send('x'.repeat(9995) + get('/hello'))
      deepEqual(bodies(await wire.responses(2)), ['onetwo', 'hello'])
    },
  },
]

function textStream(): ReadableStream<Uint8Array> {
  return new ReadableStream<unknown>({
    pull: (controller) => controller.enqueue('text'),
  }) as ReadableStream<Uint8Array>
}
