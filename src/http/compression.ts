import { negotiateEncoding } from './accept.ts'

/** Compressing less than this saves no packet and costs time. */
export const compressBytesMin = 1024

const compressible = /^(text\/(?!event-stream)|application\/(json|problem\+json|javascript|xml|wasm)|image\/svg\+xml)/

/** True if a response may be compressed, without a look at its headers. */
export function mayCompress(request: Request, { status }: Response, sizeBytes: number): boolean {
  return status === 200 && sizeBytes >= compressBytesMin && request.headers.has('accept-encoding')
}

/**
 * Compresses a response as `Accept-Encoding` asks (gzip or deflate) where it pays. A strong ETag turns
 * weak, because the bytes are no longer the tagged ones (RFC 9110 §8.8.1). Ranges and streams of
 * unknown length pass unchanged. Modifies the headers of the given response.
 * @param sizeBytes the body's length, or undefined when unknown
 */
export function compress(request: Request, response: Response, sizeBytes: number | undefined): Response {
  if (sizeBytes === undefined || sizeBytes < compressBytesMin || response.status !== 200) return response
  const { headers } = response
  if (headers.has('content-encoding') || !compressible.test(headers.get('content-type') ?? '')) return response
  if (headers.get('vary')?.includes('Accept-Encoding') !== true) headers.append('Vary', 'Accept-Encoding')
  const encoding = negotiateEncoding(request.headers.get('accept-encoding'))
  const { body } = response
  return encoding === null || body === null ? response : encode(body, headers, encoding)
}

/** Makes a response of plain text, compressed as `Accept-Encoding` asks, however short it is. */
export function compressText(request: Request, text: string): Response {
  const headers = new Headers({ 'Content-Type': 'text/plain; charset=utf-8', Vary: 'Accept-Encoding' })
  const encoding = negotiateEncoding(request.headers.get('accept-encoding'))
  const { body } = new Response(text)
  return encoding === null || body === null ? new Response(text, { headers }) : encode(body, headers, encoding)
}

function encode(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  headers: Headers,
  encoding: 'gzip' | 'deflate',
): Response {
  headers.set('Content-Encoding', encoding)
  headers.delete('Content-Length')
  headers.delete('Accept-Ranges')
  const tag = headers.get('etag')
  if (tag?.startsWith('"')) headers.set('ETag', `W/${tag}`)
  // Keeps workerd from compressing a second time.
  const init: ResponseInit & { encodeBody: 'manual' } = { status: 200, headers, encodeBody: 'manual' }
  return new Response(body.pipeThrough(new CompressionStream(encoding)), init)
}
