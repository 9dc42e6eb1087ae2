import { AppError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import { type Metrics, secondsBounds } from '../ports/metrics.ts'
import type { Exchange } from './exchange.ts'
import { pathOf } from './request-path.ts'
import type { StreamEnd } from './response-stream.ts'
import { traceIdOf } from './trace-context.ts'

/** Records requests: a line in the log, and the metrics. */
export interface Recorder {
  /** A request is in flight now; `end` must follow. */
  begin(): void
  /** Counts a request that was shed, without a line in the log. */
  count(method: string, status: number, startMs: number): void
  /** The response has ended. Requests beyond the rate limit are counted only. */
  end(exchange: Exchange, status: number, end: StreamEnd): void
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export function createRecorder({ log, metrics }: { log: Log; metrics: Metrics }): Recorder {
  const observe = createObserver(metrics)
  let inFlight = 0
  metrics.gauge('http_requests_in_flight', 'Requests whose response has not ended.', () => inFlight)
  return {
    begin() {
      inFlight += 1
    },
    count: (method, status, startMs) => observe(method, '', status, (performance.now() - startMs) / 1000),
    end({ request, context, startMs, rateLimit }, status, { bytes, cut, error }) {
      inFlight -= 1
      const { requestId, route, principal, traceparent } = context
      const { method } = request
      const durationMs = performance.now() - startMs
      const isHead = method === 'HEAD'
      const path = pathOf(request.url)
      observe(method, route, status, durationMs / 1000)
      // An AppError, such as that of a session that has ended, is no fault of the server.
      if (error !== undefined && !(error instanceof AppError)) log.problem({ requestId, method, path, error })
      if (rateLimit?.isAllowed === false) return
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

/** Keeps the series of each method, route and status, because making labels costs more than counting. */
function createObserver(metrics: Metrics): Observe {
  const requests = metrics.counter('http_requests_total', 'Requests that were answered.')
  const durations = metrics.histogram(
    'http_request_duration_seconds',
    'From the head of the request to the end of the response.',
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
