/**
 * The cookie of a session. With `__Host-` only this host, over HTTPS, can set it. Chromium and Firefox accept it on
 * http://localhost and loopback addresses too, which they trust like HTTPS; Safari does not. Browsers keep one set of
 * cookies for all ports of a host, so the name has the port where the address has one.
 */

import { AppError } from '../errors.ts'
import { isLoopback } from '../http/host-check.ts'
import type { Context } from '../request/context.ts'
import { listOf, trimBlanks } from '../request/header-value.ts'

const baseName = '__Host-galley'
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'
const portPattern = /:(\d{1,5})$/

/** The name of the cookie at the address that the client uses, as in `__Host-galley-3000`. */
export function cookieNameOf({ headers, url }: Request): string {
  const port = portPattern.exec(headers.get('host') ?? new URL(url).host)?.[1]
  return port === undefined ? baseName : `${baseName}-${port}`
}

export function cookieOf(request: Request, token: string, ageMaxMs: number): string {
  return `${cookieNameOf(request)}=${token}; Max-Age=${Math.floor(ageMaxMs / 1000)}; ${attributes}`
}

/** A `Set-Cookie` that removes the cookie from a browser. */
export function removedCookie(request: Request): string {
  return cookieOf(request, '', 0)
}

/** The token in a `Cookie` header; null without one, and '' for two, since the right one is unknown. */
export function tokenIn(header: string, name: string): string | null {
  if (!header.includes(name)) return null
  const [first = null, second] = listOf(header, ';').flatMap((pair) => cookieValue(pair, name))
  return second === undefined ? first : ''
}

/** The value of a pair in a list, if the pair has this name. */
function cookieValue(pair: string, name: string): string[] {
  const at = pair.indexOf('=')
  return at !== -1 && trimBlanks(pair.slice(0, at)) === name ? [trimBlanks(pair.slice(at + 1))] : []
}

/**
 * Refuses to set a cookie on an unencrypted connection, where others could read it.
 * @throws AppError `bad_request` unless the connection is encrypted or the host is a loopback address
 */
export function requireEncryption(c: Context): void {
  const { protocol, hostname } = new URL(c.req.raw.url)
  const isSecure = c.env.peer?.isSecure ?? protocol === 'https:'
  if (isSecure || isLoopback(hostname)) return
  throw new AppError(
    'bad_request',
    'The session cookie needs an encrypted connection. Use HTTPS (behind a proxy, set TRUST_PROXY), ' +
      'or request a token with "token": true.',
  )
}
