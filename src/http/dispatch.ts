/**
 * Dispatch: what happens to a request once it is admitted.
 *
 * | step | |
 * |---|---|
 * | 1. a refusal becomes the response | `admit.ts` |
 * | 2. HEAD becomes GET | `head.ts` |
 * | 3. the app routes it: the user's middleware, then the route | `app.ts` |
 * | 4. its client is charged for what the route costs beyond one unit | `limits/costs.ts` |
 */
import type { AdmissionControl } from '../limits/admission-control.ts'
import type { Refusal } from './admit.ts'
import { errorResponse } from './error-response.ts'
import type { Exchange } from './exchange.ts'
import { asGet } from './head.ts'

export function dispatch(
  exchange: Exchange,
  refusal: Refusal,
  admissionControl: AdmissionControl,
): Response | Promise<Response> {
  const { request, context, handle, rateLimit } = exchange
  if (refusal !== null) return errorResponse(refusal, context, request)
  const response = handle(request.method === 'HEAD' ? asGet(request) : request, context)
  // Afterwards, because only the router knows the route.
  if (rateLimit !== null) admissionControl.charge(context.identity, context.peer, request.method, context.route)
  return response
}
