/** Checks that the routes of accounts share, as middleware, and what they read of a request. */
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../../errors.ts'
import { clientNetworksOf } from '../../request/client-network.ts'
import type { Context, Env } from '../../request/context.ts'
import { adminRole, hasScope, type Identity, refusal } from '../../request/identity.ts'

/** Responses of these routes are for one person, at one moment. */
export const noStore = { 'Cache-Control': 'no-store' } as const

function guard(check: (c: Context) => void): MiddlewareHandler<Env> {
  return async (c, next) => {
    check(c)
    await next()
  }
}

/** Requires a signed-in session. An API key must not change who has access, so it gets `forbidden`. */
export const requireSession = guard((c) => {
  if (identityOf(c).credential !== 'session')
    throw new AppError('forbidden', 'This action requires a signed-in session, not an API key.')
})

/** Requires an administrator, or an administrator's API key with the scope `admin:read` or `admin:write`. */
export const requireAdministrator = guard((c) => {
  const identity = identityOf(c)
  const use = c.req.method === 'GET' ? 'read' : 'write'
  if (identity.role === adminRole && hasScope(identity, 'admin', use)) return
  throw new AppError('forbidden', 'This action requires the administrator role.')
})

/** Refuses an `Idempotency-Key` where the body or the response holds a secret, which must not be stored for a replay. */
export const refuseIdempotencyKey = guard((c) => {
  if (!c.req.raw.headers.has('idempotency-key')) return
  throw new AppError('bad_request', 'This route takes no Idempotency-Key, because secrets are not stored for a replay.')
})

/** The identity behind a request. @throws AppError `unauthorized` */
export function identityOf({ env }: Context): Identity {
  if (env.identity === null) throw refusal(null)
  return env.identity
}

/** The networks of the client, by which sign-in is limited, the narrowest first; none when unknown. */
export function clientNetworksIn({ env }: Context): readonly string[] {
  return clientNetworksOf(env.peer?.address ?? null)
}
