import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createDeadlines, handlerTimeoutMs } from '../../src/http/deadlines.ts'
import { Pipeline } from '../../src/http/pipeline.ts'
import { createLog } from '../../src/ports/log.ts'
import { createMetrics } from '../../src/ports/metrics.ts'

/** Late requests are checked once a second. */
const sweepMs = 1000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a deadline', () => {
  test('calls once, no sooner than its time is over and within a second of it', () => {
    const late = vi.fn()
    createDeadlines(5000).start(late)
    vi.advanceTimersByTime(4999)
    expect(late).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1 + sweepMs)
    expect(late).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(60_000)
    expect(late).toHaveBeenCalledOnce()
  })

  test('that is met never calls, and reports that it was met', () => {
    const late = vi.fn()
    const isInTime = createDeadlines(5000).start(late)
    vi.advanceTimersByTime(4999)
    expect(isInTime()).toBe(true)
    vi.advanceTimersByTime(60_000)
    expect(late).not.toHaveBeenCalled()
  })

  test('that has passed reports it afterwards', () => {
    const isInTime = createDeadlines(5000).start(() => {})
    vi.advanceTimersByTime(5000 + sweepMs)
    expect(isInTime()).toBe(false)
  })

  test('is kept for each of many that begin at different times, with one timer for all', () => {
    const { start } = createDeadlines(5000)
    const startedMs = performance.now()
    const lateMs: number[] = []
    for (let index = 0; index < 100; index += 1) {
      start(() => lateMs.push(performance.now() - startedMs - 37 * index))
      expect(vi.getTimerCount()).toBe(1)
      vi.advanceTimersByTime(37)
    }
    vi.advanceTimersByTime(5000 + sweepMs)
    expect(lateMs).toHaveLength(100)
    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(5000)
    expect(Math.max(...lateMs)).toBeLessThanOrEqual(5000 + sweepMs)
  })

  test('leaves no timer behind once nothing waits, and starts again later', () => {
    const { start } = createDeadlines(5000)
    start(() => {})()
    vi.advanceTimersByTime(sweepMs)
    expect(vi.getTimerCount()).toBe(0)
    const late = vi.fn()
    start(late)
    vi.advanceTimersByTime(5000 + sweepMs)
    expect(late).toHaveBeenCalledOnce()
  })
})

describe('a handler', () => {
  const lateMs = handlerTimeoutMs + sweepMs

  /** A pipeline with its log, and a handler that responds on demand. */
  function createSubject() {
    const lines: { status?: number; level: string }[] = []
    const metrics = createMetrics()
    const pipeline = new Pipeline({
      settings: { corsOrigins: [], hosts: null, trustedProxies: [], metricsToken: '', isRateLimited: false },
      random: (bytes) => crypto.getRandomValues(bytes),
      log: createLog({ level: 'info', write: (line) => lines.push(JSON.parse(line)), now: () => 0 }),
      metrics,
    })
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const pending = Promise.resolve(pipeline.run(new Request('http://localhost/slow'), () => promise))
    const inFlight = () => Number(/^http_requests_in_flight (-?\d+)$/m.exec(metrics.text())?.[1])
    return { pending, resolve, reject, lines, inFlight }
  }

  test('that is late is a 503 `timeout`, logged once', async () => {
    const { pending, lines, inFlight } = createSubject()
    vi.advanceTimersByTime(lateMs)
    const response = await pending
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ status: 503, code: 'timeout' })
    expect(lines).toEqual([expect.objectContaining({ status: 503 })])
    expect(inFlight()).toBe(0)
  })

  test('that is late has the body of its response cancelled, and nothing more logged', async () => {
    const { pending, resolve, lines, inFlight } = createSubject()
    vi.advanceTimersByTime(lateMs)
    await pending
    const cancelled = await new Promise<string>((tell) => {
      resolve(new Response(new ReadableStream({ cancel: () => tell('cancelled') })))
    })
    expect(cancelled).toBe('cancelled')
    expect(lines).toHaveLength(1)
    expect(inFlight()).toBe(0)
  })

  test.each<[string, () => ReadableStream]>([
    ['refuses to be cancelled', () => new ReadableStream({ cancel: () => Promise.reject(new Error('never')) })],
    ['is being read', lockedStream],
  ])('that is late does no harm where its body %s', async (_, body) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const { pending, resolve } = createSubject()
    vi.advanceTimersByTime(lateMs)
    await pending
    resolve(lateResponse(body()))
    // Unhandled rejections are reported before the next turn but one.
    for (let turns = 0; turns < 3; turns += 1) await new Promise((done) => setImmediate(done))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('that fails late changes nothing any more', async () => {
    const { pending, reject, lines, inFlight } = createSubject()
    vi.advanceTimersByTime(lateMs)
    expect((await pending).status).toBe(503)
    reject(new Error('too late'))
    await new Promise((done) => setImmediate(done))
    expect(lines.filter(({ status }) => status !== undefined)).toHaveLength(1)
    expect(inFlight()).toBe(0)
  })

  test('that is in time keeps its response, whose stream may continue without a limit', async () => {
    const { pending, resolve } = createSubject()
    vi.advanceTimersByTime(handlerTimeoutMs - 1)
    const cancel = vi.fn()
    const more = Promise.withResolvers<void>()
    const pull = async (controller: ReadableStreamDefaultController) => {
      await more.promise
      controller.enqueue(new TextEncoder().encode('at last'))
      controller.close()
    }
    resolve(new Response(new ReadableStream({ pull, cancel }), { status: 201 }))
    const response = await pending
    expect(response.status).toBe(201)
    const text = response.text()
    vi.advanceTimersByTime(10 * handlerTimeoutMs)
    more.resolve()
    expect(await text).toBe('at last')
    expect(cancel).not.toHaveBeenCalled()
  })
})

function lockedStream(): ReadableStream {
  const stream = new ReadableStream()
  stream.getReader()
  return stream
}

/** A response whose handler still controls the body. */
function lateResponse(body: ReadableStream): Response {
  const response = new Response()
  Object.defineProperty(response, 'body', { value: body })
  return response
}
