/** How long a browser may cache the response to a preflight. */
const preflightMaxAgeSeconds = 600

/**
 * The request headers that the server reads and a page may set; a test compares them with the code. `*` stands for those
 * that routes of an app read; it does not cover `Authorization`, and older browsers do not know it.
 */
export const requestHeaders = [
  'Accept',
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'If-Range',
  'Last-Event-ID',
  'Range',
  'traceparent',
  'X-Request-Id',
  '*',
]

/** The response headers that the server sets and a client may need, and by `*` those of an app's own routes. */
const responseHeaders = [
  'Accept-Ranges',
  'Allow',
  'Content-Encoding',
  'Content-Range',
  'ETag',
  'Idempotency-Replayed',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
  '*',
]

/**
 * The CORS headers for this request (Fetch standard §3.3), none when its origin is not allowed.
 * Credentials are never allowed: they belong to the server's own pages.
 */
function corsHeaders(
  request: Request,
  allowedOrigins: ReadonlySet<string>,
  allow: string | null,
): Record<string, string> | null {
  const origin = request.headers.get('origin')
  if (origin === null || !allowedOrigins.has(origin)) return null
  const headers = { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': responseHeaders.join(', ') }
  if (request.method !== 'OPTIONS' || allow === null) return headers
  return {
    ...headers,
    'Access-Control-Allow-Methods': allow,
    'Access-Control-Allow-Headers': requestHeaders.join(', '),
    'Access-Control-Max-Age': String(preflightMaxAgeSeconds),
  }
}

/** Sets the CORS headers of a response, which varies by origin even where this one is not allowed. */
export function addCors(request: Request, { headers }: Response, allowedOrigins: ReadonlySet<string>): void {
  const cors = corsHeaders(request, allowedOrigins, headers.get('allow'))
  headers.append('Vary', 'Origin')
  for (const [name, value] of Object.entries(cors ?? {})) headers.set(name, value)
}
