import { AppError } from '../errors.ts'
import { isLoopbackAddress } from '../request/client-address.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])
const localName = /^(.+\.)?localhost$/

/** True if a server that listens on this host name or address can be reached from this machine alone. */
export function isLoopback(hostname: string): boolean {
  return localName.test(hostname) || isLoopbackAddress(hostname.replace(/^\[(.*)\]$/, '$1'))
}

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

/** A proxy may have ended TLS, so only the authority counts. */
export function isOwnOrigin(origin: string, request: Request): boolean {
  return URL.parse(origin)?.host === URL.parse(`http://${request.headers.get('host')}`)?.host
}

/** A host with an optional port (RFC 9110 §7.2), narrower than URLs take it: runtimes build one from it. */
const authority = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i

/**
 * Makes the check that `Host` is well formed and one of the server's own names, which stops DNS rebinding. With
 * `hosts` null every name passes.
 */
export function createHostCheck(hosts: readonly string[] | null): (request: Request) => void {
  const names = hosts && new Set(hosts.map((name) => name.toLowerCase()))
  let lastGood: string | null = null
  return function checkHost({ headers }) {
    const host = headers.get('host')
    if (host === lastGood) return
    const name = host === null ? '' : hostnameOf(host)
    if (names && !names.has(name) && !isLoopback(name)) throw new AppError('misdirected_request')
    lastGood = host
  }
}

function hostnameOf(host: string): string {
  const hostname = authority.test(host) ? URL.parse(`http://${host}`)?.hostname : undefined
  if (hostname === undefined)
    throw new AppError('bad_request', 'The Host header must be a host name with an optional port.')
  return hostname
}
