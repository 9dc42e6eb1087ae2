import { deepEqual, equal } from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'
import { fieldOf, get, type Wire } from '../wire.ts'
import {
  bodies,
  hello,
  isOver,
  never,
  neverMs,
  outlastHeadTimeout,
  pathOf,
  quickMs,
  reportAbort,
  statuses,
} from './probe-connection.ts'

const unread = { writeTimeoutMs: quickMs, headTimeoutMs: quickMs }

/** A stream that never ends and reports its cancellation. */
function endless(report: (what: string) => void, chunk: Uint8Array = new Uint8Array(64 * 1024)): Response {
  return new Response(
    new ReadableStream({
      pull: (controller) => controller.enqueue(chunk),
      cancel: () => report('cancelled'),
    }),
  )
}

export const connectionTimes: readonly Scenario[] = [
  {
    title: 'closes an idle keep-alive connection without a further response',
    limits: { keepAliveTimeoutMs: quickMs },
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      wire.send(get('/'))
      equal(await wire.closed, 'ended')
      deepEqual(bodies(wire.reading.responses), ['hello'])
    },
  },
  {
    title: 'keeps a connection in use longer than an idle one',
    limits: { keepAliveTimeoutMs: quickMs },
    handler: () => hello,
    async run({ open }) {
      const [busy, idle] = [await open(), await open()]
      idle.send(get('/'))
      await busy.drip(get('/'), () => idle.socket.closed)
      busy.send(get('/last', 'Connection: close'))
      const { responses } = await busy.all()
      equal(fieldOf(responses.at(-1), 'connection'), 'close')
    },
  },
  {
    title: 'cuts a client that reads nothing of a stream, and cancels the stream',
    limits: unread,
    handler: (report) => () => endless(report),
    async run({ open, reportOf }) {
      const wire = await open({ isPaused: true })
      wire.send(get('/'))
      await reportOf('cancelled')
      wire.socket.resume()
      await wire.closed
      equal(wire.reading.responses.length, 0)
    },
  },
  {
    title: 'cuts a client that reads nothing of the responses to a pipeline',
    limits: unread,
    handler: (report) => (request) => {
      if (pathOf(request) === '/last') report('last')
      return new Response('x'.repeat(200_000))
    },
    async run({ open, reported }) {
      const wire = await open({ isPaused: true })
      wire.send(get('/').repeat(500) + get('/last'))
      const other = await open()
      other.send(get('/'))
      await other.response()
      await outlastCut(wire)
      deepEqual(reported(), [])
    },
  },
  {
    title: 'cuts a client that reads nothing of a whole body of many megabytes',
    limits: unread,
    handler: (report) => (request) => {
      reportAbort(request, report)
      return new Response(new Uint8Array(64_000_000))
    },
    async run({ open, reportOf }) {
      const wire = await open({ isPaused: true })
      wire.send(get('/'))
      await reportOf('aborted')
      wire.socket.resume()
      await wire.closed
      equal(wire.receivedBytes < 64_000_000, true)
    },
  },
  ...[false, true].map(
    (isSecure): Scenario => ({
      title: `does not cut a client that reads slowly but steadily${isSecure ? ', over TLS' : ''}`,
      isSecure,
      limits: { ...unread, writeTimeoutMs: 12 * quickMs, lingerTimeoutMs: quickMs },
      handler: (report) => (request) =>
        pathOf(request) === '/endless' ? endless(report) : new Response(new Uint8Array(30_000_000)),
      async run({ open, reportOf }) {
        const [steady, stuck] = [await open({ isPaused: true }), await open({ isPaused: true })]
        steady.send(get('/', 'Connection: close'))
        stuck.send(get('/endless'))
        const probe = reportOf('cancelled')
        await sip(steady, isOver(probe))
        await probe
        steady.socket.resume()
        const { responses } = await steady.all()
        deepEqual(
          responses.map(({ body }) => body.length),
          [30_000_000],
        )
      },
    }),
  ),
  {
    title: 'cuts a half-closed client when the handler takes too long',
    limits: { halfCloseTimeoutMs: quickMs },
    handler: (report) => (request) => {
      reportAbort(request, report)
      return never()
    },
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(get('/'))
      wire.socket.end()
      await reportOf('aborted')
      deepEqual((await wire.all()).responses, [])
    },
  },
  {
    title: 'continues a stream to a half-closed client, longer than a silent handler may take',
    limits: { halfCloseTimeoutMs: quickMs, headTimeoutMs: quickMs },
    handler() {
      let isEnough = false
      const chunk = new TextEncoder().encode('tick ')
      return (request) => {
        if (pathOf(request) === '/enough') isEnough = true
        if (pathOf(request) === '/enough') return new Response('')
        return new Response(
          new ReadableStream({
            async pull(controller) {
              await new Promise((resolve) => setTimeout(resolve, 20))
              controller.enqueue(chunk)
              if (isEnough) controller.close()
            },
          }),
        )
      }
    },
    async run(context) {
      const wire = await context.open()
      wire.send(get('/'))
      wire.socket.end()
      await outlastHeadTimeout(context)
      await outlastHeadTimeout(context)
      const other = await context.open()
      other.send(get('/enough'))
      const { responses, problem } = await wire.all()
      deepEqual([statuses(responses), problem], [[200], null])
    },
  },
  {
    title: 'cancels a silent stream when the client has half-closed',
    limits: { halfCloseTimeoutMs: quickMs },
    handler: (report) => () => {
      const first = new TextEncoder().encode('first')
      return new Response(
        new ReadableStream({ start: (controller) => controller.enqueue(first), cancel: () => report('cancelled') }),
      )
    },
    async run({ open, reportOf }) {
      const wire = await open()
      wire.send(get('/events'))
      await wire.until((_, text) => text.includes('first'))
      wire.socket.end()
      await reportOf('cancelled')
    },
  },
  {
    title: 'cuts a client that continues after the last response, but not before it could read that',
    limits: { lingerTimeoutMs: quickMs },
    handler: () => hello,
    async run({ open }) {
      const wire = await open()
      wire.socket.allowHalfOpen = true
      wire.send('this is not HTTP\r\n\r\n')
      wire.send(new Uint8Array(1_000_000))
      const isCut = new Promise((resolve) => wire.socket.on('error', resolve))
      const dripping = setInterval(() => wire.send('more'), 20)
      await isCut
      clearInterval(dripping)
      const { responses, problem } = await wire.all()
      deepEqual([statuses(responses), problem], [[400], null])
    },
  },
  ...[false, true].map(
    (isEnding): Scenario => ({
      title: `sends a last response to its end however late the client begins to read${isEnding ? ', and though it has sent its end' : ''}`,
      limits: {
        lingerTimeoutMs: quickMs,
        headTimeoutMs: quickMs,
        keepAliveTimeoutMs: neverMs,
        writeTimeoutMs: neverMs,
      },
      handler: lastOf,
      async run(context) {
        const { open, reported } = context
        const probe = await open({ isPaused: true })
        probe.send(get('/1000').repeat(1000))
        await outlastHeadTimeout(context)
        await outlastHeadTimeout(context)
        const stuckAt = reported().length
        probe.socket.destroy()
        const counts = [stuckAt - 1, stuckAt, stuckAt + 1]
        const wires = await Promise.all(counts.map(() => open({ isPaused: true })))
        for (const [index, wire] of wires.entries()) wire.send(get(`/${counts[index]}`).repeat(counts[index] as number))
        await outlastHeadTimeout(context)
        if (isEnding) for (const wire of wires) wire.socket.end()
        await outlastHeadTimeout(context)
        await outlastHeadTimeout(context)
        for (const wire of wires) wire.socket.resume()
        for (const [index, wire] of wires.entries()) equal((await wire.all()).responses.length, counts[index])
      },
    }),
  ),
]

/** The n-th response of a connection to requests for /n is the last one. */
function lastOf(report: (what: string) => void) {
  const counts = new Map<string, number>()
  return (request: Request) => {
    const path = pathOf(request)
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    report(path)
    const isLast = path === `/${count}`
    return new Response('x'.repeat(200_000), isLast ? { headers: { connection: 'close' } } : {})
  }
}

/** Reads a little again and again. */
async function sip({ socket }: Wire, isEnough: () => boolean): Promise<void> {
  while (!isEnough() && !socket.destroyed) {
    socket.resume()
    await new Promise((resolve) => socket.once('data', resolve))
    socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Resolves once the server has cut the connection: what is sent then comes back as a reset. */
async function outlastCut(wire: Wire): Promise<void> {
  const cut = new Promise((resolve) => wire.socket.on('error', resolve))
  const poke = setInterval(() => wire.send('x'), 20)
  await cut
  clearInterval(poke)
}
