/**
 * The cookie of a session. Its `__Host-` lets no other host and no plain connection set it. Chromium and Firefox keep it
 * on http://localhost and loopback addresses, too, which they trust like HTTPS; Safari does not.
 */

import { AppError } from '../errors.ts'
import { isLoopback } from '../http/cross-site.ts'
import type { Context } from '../request/context.ts'

export const cookieName = '__Host-galley'

const start = `${cookieName}=`
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'
const cookies = new RegExp(`(?:^|;)\\s*${start}([^;]*)`, 'g')

export function cookieOf(token: string, ageMaxMs: number): string {
  return `${cookieName}=${token}; Max-Age=${Math.floor(ageMaxMs / 1000)}; ${attributes}`
}

/** Makes a browser forget it. */
export const noCookie = `${cookieName}=; Max-Age=0; ${attributes}`

/** The token in a Cookie header; null for none, '' where there are two, of which nobody can tell whose is whose. */
export function tokenIn(header: string): string | null {
  // The only cookie there is, as on most requests.
  if (header.startsWith(start) && !header.includes(';')) return header.slice(start.length).trim()
  if (!header.includes(start)) return null
  const [first, second] = header.matchAll(cookies)
  if (first === undefined) return null
  return second === undefined ? (first[1] ?? '').trim() : ''
}

/**
 * A cookie that anybody on the way could read is not set.
 * @throws AppError `bad_request` on a plain connection from elsewhere
 */
export function refusePlain(c: Context): void {
  const { protocol, hostname } = new URL(c.req.raw.url)
  const isSecure = c.env.peer?.isSecure ?? protocol === 'https:'
  if (isSecure || isLoopback(hostname)) return
  throw new AppError(
    'bad_request',
    'No cookie is set on a connection that is not encrypted. Use HTTPS (behind a proxy, set TRUST_PROXY), ' +
      'or ask for a token with "token": true.',
  )
}
