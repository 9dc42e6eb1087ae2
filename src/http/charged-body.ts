/**
 * Charges bodies of requests to their clients by bytes, at the rate of messages.
 *
 * | body | is charged |
 * |---|---|
 * | of a known length that is read whole | on admission, so that a client over its limit is refused before its body is parsed |
 * | of unknown length, or larger | as it is read; a client near its limit is slowed down to the rate at which units come back |
 */

import { unitBytes } from '../limits/costs.ts'
import type { RateLimitDecision } from '../limits/decisions.ts'
import { perSecondDefault } from '../limits/rate-limits.ts'
import { bodyBytesMax } from './body.ts'

/** Takes units from the client's bucket; null for a client without a limit. */
export type TakeUnits = (units: number) => RateLimitDecision | Promise<RateLimitDecision> | null

/** The cost of a request's body by its declared length, up to that of the largest that is read whole. */
export function bodyUnits({ headers }: Request): number {
  const length = headers.get('content-length')
  return length === null ? 0 : Math.min(Number(length), bodyBytesMax) / unitBytes || 0
}

/** The request, with a body that is charged as it is read, unless the whole body was charged on admission. */
export function withChargedBody(request: Request, take: TakeUnits): Request {
  if (request.method === 'GET' || request.method === 'HEAD') return request
  const length = request.headers.get('content-length')
  if (length !== null && Number(length) <= bodyBytesMax) return request
  const { body } = request
  if (body === null) return request
  const init: RequestInit & { duplex: 'half' } = { body: chargedStream(body, take), duplex: 'half' }
  return new Request(request, init)
}

function chargedStream(body: ReadableStream<Uint8Array>, take: TakeUnits): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const cancelled = new AbortController()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) {
          controller.close()
          return
        }
        await pay(value.byteLength / unitBytes, take, cancelled.signal)
        if (!cancelled.signal.aborted) controller.enqueue(value)
      },
      cancel(reason) {
        cancelled.abort()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Resolves once the units are taken; below half of the bucket not before as many have come back, so that other requests have some, too. */
export async function pay(units: number, take: TakeUnits, cancelled: AbortSignal): Promise<void> {
  while (!cancelled.aborted) {
    const decision = await take(units)
    if (decision === null || decision.headers === null) return
    await pause(decision.isAllowed ? (units * 1000) / perSecondDefault : decision.retryAfterSeconds * 1000, cancelled)
    if (decision.isAllowed) return
  }
}

function pause(ms: number, cancelled: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    cancelled.addEventListener('abort', done)
    function done() {
      clearTimeout(timer)
      cancelled.removeEventListener('abort', done)
      resolve()
    }
  })
}
