/**
 * The cookie of a session. With `__Host-` only this host, over HTTPS, can set it. Chromium and Firefox accept it on
 * http://localhost and loopback addresses too, which they trust like HTTPS; Safari does not.
 */

import { AppError } from '../errors.ts'
import { isLoopback } from '../http/host-check.ts'
import type { Context } from '../request/context.ts'

export const cookieName = '__Host-galley'

const start = `${cookieName}=`
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'
const cookies = new RegExp(`(?:^|;)\\s*${start}([^;]*)`, 'g')

export function cookieOf(token: string, ageMaxMs: number): string {
  return `${cookieName}=${token}; Max-Age=${Math.floor(ageMaxMs / 1000)}; ${attributes}`
}

/** A `Set-Cookie` that removes the cookie from a browser. */
export const removedCookie = `${cookieName}=; Max-Age=0; ${attributes}`

/** The token in a `Cookie` header; null without one, and '' for two, since the right one is unknown. */
export function tokenIn(header: string): string | null {
  // The common case: it is the only cookie.
  if (header.startsWith(start) && !header.includes(';')) return header.slice(start.length).trim()
  if (!header.includes(start)) return null
  const [first, second] = header.matchAll(cookies)
  if (first === undefined) return null
  return second === undefined ? (first[1] ?? '').trim() : ''
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
