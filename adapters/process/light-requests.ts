/** Requests and responses of message connections on Galley's own engine, without native objects. */
import type { FieldBlock } from '../../src/http1/fields.ts'
import { LightBody } from '../../src/http1/light-body.ts'
import { LightRequest } from '../../src/http1/light-request.ts'
import { LightResponse } from '../../src/http1/light-response.ts'
import type { MadeRequest, RequestParts } from '../../src/ports/request-maker.ts'

/** A path that `URL` does not change. */
const plainPath = /^\/[\w/?=&-]*$/

export function makeLightRequest({ method, origin, path, names, values, body }: RequestParts): MadeRequest {
  const head = { method, isAbnormal: !plainPath.test(path), fields: fieldBlock(names, values) }
  const request = new LightRequest(head, { origin, path }, body === null ? null : new LightBody(body))
  return { request: request as unknown as Request, abort: (reason) => LightRequest.abort(request, reason) }
}

/** @param values ASCII only */
function fieldBlock(names: readonly string[], values: readonly string[]): FieldBlock {
  const starts: number[] = []
  const spans: number[] = []
  let text = ''
  for (const value of values) {
    starts.push(text.length)
    spans.push(text.length, text.length + value.length)
    text += value
  }
  return { names, text, spans, starts }
}

/** The body of a response, if it is text in memory; else null. */
export function lightTextOf(response: Response): string | null {
  if (!LightResponse.is(response)) return null
  const body = LightResponse.bodyToWrite(response)
  return typeof body === 'string' ? body : null
}
