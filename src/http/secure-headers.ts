import type { RequestContext } from '../request/context.ts'

/** For every response, whatever its type. */
const always = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const

/** Over TLS: use TLS alone for two years (RFC 6797). Subdomains decide for themselves. */
export const secureOnlyHeaders = { 'Strict-Transport-Security': 'max-age=63072000' } as const

/** For data, which is not a document: nothing may load, nothing may frame it. */
export const dataHeaders = {
  ...always,
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const

/** For pages: their own scripts, styles and API, and nothing from other origins. */
export const pageHeaders = {
  ...always,
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
} as const

/**
 * Adds the missing headers to a response that `reply` did not make. The app's own headers win: a page may bring its
 * own `Content-Security-Policy`.
 */
export function withDefaultHeaders(response: Response, { requestId, peer }: RequestContext): Response {
  const headers = new Headers(response.headers)
  headers.set('X-Request-Id', requestId)
  const isPage = headers.get('content-type')?.startsWith('text/html') === true
  const defaults = {
    ...(isPage ? pageHeaders : dataHeaders),
    'Cache-Control': 'no-cache',
    ...(peer?.isSecure === true && secureOnlyHeaders),
  }
  for (const [name, value] of Object.entries(defaults)) if (!headers.has(name)) headers.set(name, value)
  return new Response(response.body, { status: response.status, headers })
}
