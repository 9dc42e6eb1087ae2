import { equal, ok } from 'node:assert/strict'
import { setInterval as ticks } from 'node:timers/promises'
import type { Scenario, ScenarioContext } from '../scenario.ts'
import { get, post, type Wire } from '../wire.ts'
import { neverMs, outlastHeadTimeout, pathOf, quickMs } from './probe-connection.ts'

const megabyte = 1024 ** 2
const slowClients = 1000
const requests = 200
/** Long enough to open all slow clients and to serve others meanwhile, on a busy machine as well. */
const timeoutMs = 10_000

/** The first bytes of each slow client, and those that follow slowly. */
const slownesses: readonly { first: string; bit: string; isPaused: boolean }[] = [
  { first: 'GET / HTTP/1.1\r\nHost: a\r\nX-Drip: ', bit: 'x', isPaused: false },
  { first: post('/', 1_000_000), bit: 'x', isPaused: false },
  { first: post('/', 'chunked'), bit: '1\r\nx\r\n', isPaused: false },
  { first: get('/much').repeat(20), bit: '', isPaused: true },
]

interface Slow {
  wire: Wire
  bit: string
}

async function openSlowClients({ open }: ScenarioContext): Promise<Slow[]> {
  const slow: Slow[] = []
  for (let index = 0; index < slowClients; index++) {
    const { bit, isPaused } = slownesses[index % slownesses.length] as (typeof slownesses)[number]
    slow.push({ wire: await open({ isPaused }), bit })
  }
  for (const [index, { wire }] of slow.entries()) wire.send(slownesses[index % slownesses.length]?.first ?? '')
  return slow
}

/** A bit on some of the connections in turn, until all are over; a bit shows a connection that was cut. */
async function drip(slow: readonly Slow[], isEnough: () => boolean): Promise<void> {
  let index = 0
  for await (const _ of ticks(20)) {
    if (isEnough()) return
    for (let count = 0; count < 40; count++, index++) {
      const { wire, bit } = slow[index % slow.length] as Slow
      if (!wire.socket.destroyed && bit !== '') wire.send(bit)
    }
  }
}

/** All the memory of the server's process, in bytes. */
async function memoryOf(wire: Wire): Promise<number> {
  const before = wire.reading.responses.length
  wire.send(get('/memory'))
  return Number((await wire.responses(before + 1))[before]?.body)
}

/** The figures mean nothing when other servers share the process. */
export const slowClientScenarios: readonly Scenario[] = [
  {
    title: 'serves others as if nothing were while a thousand clients are slow, and cuts all of those',
    limits: { headTimeoutMs: timeoutMs, bodyIdleTimeoutMs: timeoutMs, writeTimeoutMs: timeoutMs },
    handler: () => async (request) => {
      if (pathOf(request) === '/much') return new Response(new Uint8Array(megabyte))
      return new Response(await request.text())
    },
    async run(context) {
      const startMs = performance.now()
      const slow = await openSlowClients(context)
      let cut = 0
      for (const { wire } of slow) wire.socket.on('end', () => cut++).on('close', () => cut++)
      const over = Promise.all(slow.map(({ wire }) => wire.closed))
      let isOver = false
      const dripping = drip(slow, () => isOver)
      const wire = await context.open()
      for (let count = 1; count <= requests; count++) {
        wire.send(get('/'))
        equal((await wire.responses(count)).at(-1)?.status, 200)
      }
      // A busy machine may take longer than the time-outs, and then they count.
      if (performance.now() - startMs < timeoutMs) equal(cut, 0)
      for (const { wire: reader } of slow) if (reader.socket.isPaused()) void resumeOnceCut(reader)
      await over
      isOver = true
      await dripping
    },
  },
  {
    title: 'buffers few bytes of waiting bodies, pipelines and streams',
    limits: {
      headTimeoutMs: quickMs,
      bodyIdleTimeoutMs: neverMs,
      writeTimeoutMs: neverMs,
      bodyQueueBytesMax: 64 * 1024,
      backlogBytesMax: 64 * 1024,
    },
    handler: () => (request) => {
      if (pathOf(request) === '/memory') return new Response(String(process.memoryUsage().rss))
      if (pathOf(request) === '/stream') return new Response(endless())
      return new Promise(() => {})
    },
    async run(context) {
      const wire = await context.open()
      const before = await memoryOf(wire)
      const much = Buffer.alloc(32 * megabyte, 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n')
      for (let count = 0; count < 15; count++) {
        const [body, chunks, pipeline, stream] = await Promise.all(
          [1, 2, 3, 4].map(() => context.open({ isPaused: true })),
        )
        body?.send(post('/body', much.length))
        body?.send(much)
        chunks?.send(`${post('/body', 'chunked')}${much.length.toString(16)}\r\n`)
        chunks?.send(much)
        pipeline?.send(get('/first'))
        pipeline?.send(much)
        stream?.send(get('/stream'))
      }
      await outlastHeadTimeout(context)
      await outlastHeadTimeout(context)
      const grown = (await memoryOf(wire)) - before
      ok(grown < 100 * megabyte, `${Math.round(grown / megabyte)} MB more`)
    },
  },
]

/** A client that reads nothing notices its end only when it sends something. */
async function resumeOnceCut({ socket }: Wire): Promise<void> {
  for await (const _ of ticks(250)) {
    if (socket.destroyed) return
    socket.write('x')
  }
}

function endless(): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(64 * 1024)
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })
}
