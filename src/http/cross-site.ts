import { AppError } from '../errors.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses unsafe methods and WebSockets from pages of other sites, cookie or not: otherwise any web page could write
 * to a server on localhost. Browsers send `Sec-Fetch-Site` (Fetch Metadata), older ones `Origin`; other clients send
 * neither and pass.
 * @throws AppError `cross_site`
 */
export function refuseCrossSite(request: Request, allowedOrigins: ReadonlySet<string>): void {
  if (safeMethods.has(request.method) && !request.headers.has('sec-websocket-key')) return
  const origin = request.headers.get('origin')
  if (origin !== null && allowedOrigins.has(origin)) return
  const site = request.headers.get('sec-fetch-site')
  if (site === null && origin === null) return
  const own = site === null ? isOwnOrigin(origin ?? '', request) : site === 'same-origin' || site === 'none'
  if (!own) throw new AppError('cross_site')
}

/** A proxy may have ended TLS, so of the origin of a web page only the authority counts. */
export function isOwnOrigin(origin: string, request: Request): boolean {
  const own = URL.parse(`http://${request.headers.get('host')}`)
  const given = URL.parse(origin)
  return own !== null && given !== null && /^https?:$/.test(given.protocol) && given.host === own.host
}
