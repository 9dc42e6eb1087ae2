/**
 * Finishing: what happens to a response before it leaves.
 *
 * | step | |
 * |---|---|
 * | 1. headers that every response has, unless it was made by `reply` and has them | `secure-headers.ts` |
 * | 2. its client is charged for its length, and for work that only the route knows | `limits/costs.ts` |
 * | 3. `RateLimit` | `limits/decisions.ts` |
 * | 4. CORS, where other origins are allowed | `cors.ts` |
 * | 5. compression | `compression.ts` |
 * | 6. the log and the metrics, once the body has ended | `access-log.ts`, `response-stream.ts` |
 * | 7. the response to HEAD loses its body | `head.ts` |
 */
import type { AdmissionControl } from '../limits/admission-control.ts'
import { unitBytes } from '../limits/costs.ts'
import type { Recorder } from './access-log.ts'
import { compress, mayCompress } from './compression.ts'
import { addCors } from './cors.ts'
import type { Exchange } from './exchange.ts'
import { withoutBody } from './head.ts'
import { finishedBytes } from './reply.ts'
import { replaceBody, watchStream } from './response-stream.ts'
import { withDefaultHeaders } from './secure-headers.ts'

export function createFinish(
  recorder: Recorder,
  corsOrigins: ReadonlySet<string>,
  control: Pick<AdmissionControl, 'charge'>,
) {
  return function finish(exchange: Exchange, response: Response): Response {
    const finished = finishHeadersAndBody(exchange, response)
    return exchange.request.method === 'HEAD' ? withoutBody(finished) : finished
  }

  function finishHeadersAndBody(exchange: Exchange, response: Response): Response {
    const { request, context, rateLimit } = exchange
    const bytes = finishedBytes(response)
    charge(exchange, bytes ?? 0)
    const complete = bytes === undefined ? withDefaultHeaders(response, context) : response
    const limits = rateLimit === null ? null : rateLimit.headers
    if (limits !== null) for (const name in limits) complete.headers.set(name, limits[name] ?? '')
    if (corsOrigins.size > 0) addCors(request, complete, corsOrigins)
    else if (bytes !== undefined && !mayCompress(request, response, bytes)) return end(exchange, response, bytes)
    const sent = compress(request, complete, bytes ?? contentLength(complete))
    const { body } = sent
    if (sent === response && bytes !== undefined) return end(exchange, sent, bytes)
    if (body === null) return end(exchange, sent, 0)
    return replaceBody(
      sent,
      watchStream(body, (end) => recorder.end(exchange, sent.status, end)),
    )
  }

  function charge({ context, rateLimit }: Exchange, bytes: number): void {
    const units = context.extraUnits + Math.floor(bytes / unitBytes)
    if (rateLimit !== null && units > 0) control.charge(context.identity, context.peer, units)
  }

  function end(exchange: Exchange, response: Response, bytes: number): Response {
    recorder.end(exchange, response.status, { bytes, cut: false })
    return response
  }
}

function contentLength({ headers }: Response): number | undefined {
  const text = headers.get('content-length')
  return text === null ? undefined : Number(text)
}
