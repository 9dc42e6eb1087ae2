/** HEAD is GET without the body (RFC 9110 §9.3.2), headers and all. */
import { finishedBytes } from './reply.ts'

/** The GET behind a HEAD. Without `Range`, which is for GET alone (RFC 9110 §14.2). */
export function asGet({ url, headers, signal }: Request): Request {
  const all = new Headers(headers)
  all.delete('range')
  return new Request(url, { headers: all, signal })
}

/**
 * The same response without its body. It still shows the length: as a header, or by a stream where GET would send
 * one, because a runtime would claim zero otherwise.
 */
export function withoutBody(response: Response): Response {
  const { status, headers, body } = response
  const bytes = finishedBytes(response)
  if (bytes !== undefined && body !== null) headers.set('Content-Length', String(bytes))
  body?.cancel().catch(() => {})
  const isStream = body !== null && !headers.has('content-length')
  return new Response(isStream ? new Blob([]).stream() : null, { status, headers })
}
