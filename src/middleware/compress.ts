import { negotiateEncoding } from './accept.ts'

/** Below this a compressed answer saves no packet and costs time. */
export const compressBytesMin = 1024

const compressible = /^(text\/(?!event-stream)|application\/(json|problem\+json|javascript|xml|wasm)|image\/svg\+xml)/

/**
 * Compresses an answer as `Accept-Encoding` asks (gzip or deflate) where it pays. A strong ETag turns
 * weak, because the bytes are no longer the tagged ones (RFC 9110 §8.8.1). Ranges and streams of
 * unknown length pass as they are.
 * @param sizeBytes the body's length, or undefined when unknown
 */
export function compress(request: Request, response: Response, sizeBytes: number | undefined): Response {
  const { headers, body } = response
  if (sizeBytes === undefined || sizeBytes < compressBytesMin || body === null || response.status !== 200)
    return response
  if (headers.has('content-encoding') || !compressible.test(headers.get('content-type') ?? '')) return response
  const varied = new Headers(headers)
  varied.append('Vary', 'Accept-Encoding')
  const encoding = negotiateEncoding(request.headers.get('accept-encoding'))
  if (encoding === null) return new Response(body, { status: 200, headers: varied })
  varied.set('Content-Encoding', encoding)
  varied.delete('Content-Length')
  varied.delete('Accept-Ranges')
  const tag = varied.get('etag')
  if (tag?.startsWith('"')) varied.set('ETag', `W/${tag}`)
  const compressed = body.pipeThrough(new CompressionStream(encoding))
  // workerd would compress a second time unless told that the body is encoded already.
  const init: ResponseInit & { encodeBody: 'manual' } = { status: 200, headers: varied, encodeBody: 'manual' }
  return new Response(compressed, init)
}
