import { AppError } from '../errors.ts'
import { bearerIn } from '../request/bearer.ts'
import type { Identities, Identity } from '../request/identity.ts'
import { isOwnOrigin } from './cross-site.ts'
import { pathOf } from './request-path.ts'

export type Identify = (request: Request) => Identity | null | Promise<Identity | null>

/**
 * Makes the function that finds the identity a request shows, outside the API always null.
 *
 * | the request has | identity |
 * |---|---|
 * | `Authorization: Bearer` | the token's; `unauthorized` where it has none |
 * | a cookie, and no `Origin` or our own | the session's; null where it has ended, so that its owner can sign in again |
 * | a cookie, and a foreign `Origin` | null: an allowed origin never acts as the user of the browser |
 */
export function createIdentify(identities: Identities | null): Identify {
  if (identities === null) return () => null
  return function identify(request) {
    const { headers } = request
    const hasToken = bearerIn(headers.get('authorization')) !== null
    if ((!hasToken && !headers.has('cookie')) || !pathOf(request.url).startsWith('/api/')) return null
    if (hasToken) return identities.identify(request)
    const origin = headers.get('origin')
    if (origin !== null && !isOwnOrigin(origin, request)) return null
    try {
      const found = identities.identify(request)
      return found instanceof Promise ? found.catch(unlessUnauthorized) : found
    } catch (error) {
      return unlessUnauthorized(error)
    }
  }
}

function unlessUnauthorized(error: unknown): null {
  if (isUnauthorized(error)) return null
  throw error
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unauthorized'
}
