import type { Log } from '../ports/log.ts'
import { type Metrics, secondsBounds } from '../ports/metrics.ts'
import type { RequestContext } from '../request/context.ts'
import type { StreamEnd } from './response-stream.ts'
import { traceIdOf } from './trace-context.ts'

/** A request between its arrival and the end of its answer. */
export interface Exchange {
  request: Request
  context: RequestContext
  startMs: number
  /** What the answer tells of a rate limit. */
  limit: Readonly<Record<string, string>> | null
  /** Whether it was one too many: the log has no line for it. */
  isRefused: boolean
}

/** Writes down what became of each request: a line in the log, and the metrics. */
export interface Recorder {
  begin(request: Request, context: RequestContext, startMs: number): Exchange
  /** Counts a request that was turned away, and no more. */
  count(method: string, status: number, startMs: number): void
  end(exchange: Exchange, status: number, end: StreamEnd): void
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export function createRecorder({ log, metrics }: { log: Log; metrics: Metrics }): Recorder {
  const observe = createObserver(metrics)
  let inFlight = 0
  metrics.gauge('http_requests_in_flight', 'Requests whose answer has not ended.', () => inFlight)
  return {
    begin(request, context, startMs) {
      inFlight += 1
      return { request, context, startMs, limit: null, isRefused: false }
    },
    count: (method, status, startMs) => observe(method, '', status, (performance.now() - startMs) / 1000),
    end({ request, context, startMs, isRefused }, status, { bytes, cut, error }) {
      inFlight -= 1
      const { requestId, route, principal, traceparent } = context
      const { method } = request
      const durationMs = performance.now() - startMs
      const isHead = method === 'HEAD'
      const path = pathOf(request.url)
      observe(method, route, status, durationMs / 1000)
      if (error !== undefined) log.problem({ requestId, method, path, error })
      if (isRefused) return
      log.access({
        requestId,
        method,
        path,
        route,
        status,
        durationMs,
        principal,
        traceId: traceIdOf(traceparent),
        bytes: isHead ? 0 : bytes,
        cut: cut && !isHead,
      })
    },
  }
}

type Observe = (method: string, route: string, status: number, seconds: number) => void

/** Looks series up by what a request brings, because making labels costs more than counting. */
function createObserver(metrics: Metrics): Observe {
  const requests = metrics.counter('http_requests_total', 'Answered requests.')
  const durations = metrics.histogram(
    'http_request_duration_seconds',
    'From the head to the end of the answer.',
    secondsBounds,
  )
  const known = new Map<
    string,
    { statuses: Map<number, ReturnType<typeof requests>>; duration: ReturnType<typeof durations> }
  >()
  return (given, route, status, seconds) => {
    const method = methods.has(given) ? given : 'other'
    const key = method + route
    let series = known.get(key)
    if (!series) {
      series = { statuses: new Map(), duration: durations({ method, route }) }
      known.set(key, series)
    }
    let counter = series.statuses.get(status)
    if (!counter) {
      counter = requests({ method, route, status: String(status) })
      series.statuses.set(status, counter)
    }
    counter.add()
    series.duration.observe(seconds)
  }
}

/** By hand, because a URL object would cost more than all else here. */
export function pathOf(url: string): string {
  const query = url.indexOf('?')
  const end = query === -1 ? url.length : query
  const start = url.indexOf('/', url.indexOf('//') + 2)
  return start === -1 || start > end ? '/' : url.slice(start, end)
}
