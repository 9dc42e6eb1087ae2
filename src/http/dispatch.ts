/**
 * Dispatch: what happens to a request once it is admitted.
 *
 * | step | |
 * |---|---|
 * | 1. a refusal becomes the response | `admit.ts` |
 * | 2. a body of unknown length is charged as it is read | `charged-body.ts` |
 * | 3. HEAD becomes GET | `head.ts` |
 * | 4. the app routes it: the user's middleware, then the route | `app.ts` |
 * | 5. its client is charged for what the route costs beyond one unit | `limits/costs.ts` |
 */
import type { AdmissionControl } from '../limits/admission-control.ts'
import type { Refusal } from './admit.ts'
import { withChargedBody } from './charged-body.ts'
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
  const charged = rateLimit === null || context.isMessage ? request : withCharges(exchange, admissionControl)
  const response = handle(charged.method === 'HEAD' ? asGet(charged) : charged, context)
  // Afterwards, because only the router knows the route.
  if (rateLimit !== null) admissionControl.chargeRoute(context.identity, context.peer, request.method, context.route)
  return response
}

function withCharges({ request, context }: Exchange, admissionControl: AdmissionControl): Request {
  return withChargedBody(request, (units) => {
    admissionControl.arrive()
    return admissionControl.take(context.identity, context.peer, units)
  })
}
