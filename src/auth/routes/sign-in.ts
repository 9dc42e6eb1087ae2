/** Sign in, sign out, and the current user. */
import { createRoute, type z } from '@hono/zod-openapi'
import { runAll } from '../../database/steps.ts'
import { AppError } from '../../errors.ts'
import { body, failures, noContent, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import { isoTime } from '../../iso-time.ts'
import type { SqlRow } from '../../ports/database.ts'
import type { Context } from '../../request/context.ts'
import { actorOf } from '../audit.ts'
import { removedCookie, requireEncryption } from '../cookie.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { normalPassword } from '../passwords/password-rules.ts'
import { deleteSession } from '../store/sessions.ts'
import { findByEmail, findById, renewHash, userOf } from '../store/users.ts'
import type { CountedAttempt } from '../throttle.ts'
import { clientNetworksIn, identityOf, noStore, refuseIdempotencyKey } from './guards.ts'
import { currentUser, newSession } from './resources.ts'
import { signInSchema } from './schemas.ts'
import { createSessionStart } from './start-session.ts'

const signInRoute = createRoute({
  method: 'post',
  path: '/sign-in',
  operationId: 'signIn',
  summary: 'Start a session, with a cookie or with a token',
  middleware: [refuseIdempotencyKey],
  request: { body: body(signInSchema) },
  responses: { 200: success(200, newSession), ...failures(400, 401, 429, 503) },
})

const signOutRoute = createRoute({
  method: 'post',
  path: '/sign-out',
  operationId: 'signOut',
  summary: 'End the current session',
  responses: { ...noContent, ...failures(403) },
})

const currentUserRoute = createRoute({
  method: 'get',
  path: '/me',
  operationId: 'whoAmI',
  summary: 'Get the current user and credential',
  responses: { 200: success(200, currentUser), ...failures(401) },
})

export function createSignInRoutes(dependencies: AuthDependencies) {
  const { database, passwords, throttle, passwordQueue, audit, credentials } = dependencies
  const startSession = createSessionStart(dependencies)

  async function signIn(c: Context, { email, password, token }: z.output<typeof signInSchema>) {
    if (!token) requireEncryption(c)
    const networks = clientNetworksIn(c)
    const verified = await passwordQueue.run(networks, async () => {
      const [row] = await database.read(findByEmail(email))
      const counted = await throttle.begin({ email, userId: String(row?.id ?? ''), networks })
      return verify(row, normalPassword(password), counted)
    })
    return startSession(c, { ...verified, asToken: token, status: 200 })
  }

  /** An account that is disabled is refused like a wrong password, and after as much work. */
  async function verify(row: SqlRow | undefined, password: string, counted: CountedAttempt) {
    const isRight = await passwords.verify(password, row === undefined ? null : String(row.password))
    if (row === undefined || !isRight || counted.isClosed || row.disabledAt !== null) throw counted.error
    const then = String(row.password)
    const user = userOf(row)
    if (passwords.isCurrent(then)) return { user, stored: then, statements: counted.forgive }
    const stored = await passwords.hash(password)
    return { user, stored, statements: [renewHash(user.id, then, stored), ...counted.forgive] }
  }

  async function signOut(c: Context) {
    const headers = { ...noStore, 'Set-Cookie': removedCookie(c.req.raw) }
    const { identity } = c.env
    if (identity === null) return replyWith(c, { status: 204, headers })
    if (identity.credential === 'key') throw new AppError('forbidden', 'An API key is revoked, not signed out.')
    const { credentialId: id, userId } = identity
    const entry = audit.entry(actorOf(c), { action: 'session.ended', subject: userId, detail: { session: id } })
    const end = credentials.invalidating(deleteSession(id, userId))
    await database.write(() => runAll(end, entry)).catch(unlessGone)
    return replyWith(c, { status: 204, headers })
  }

  async function me(c: Context) {
    const { userId, credential, credentialId, scopes, expiresAtMs } = identityOf(c)
    const [row] = await database.read(findById(userId))
    if (row === undefined) throw new AppError('unauthorized')
    const expiresAt = expiresAtMs === null ? null : isoTime(expiresAtMs)
    const shown = { kind: credential, id: credentialId, scopes: scopes && [...scopes], expiresAt }
    return replyWith(c, { status: 200, data: { ...userOf(row), credential: shown }, headers: noStore })
  }

  return new ValidatedRoutes({ tags: ['accounts'] })
    .openapi(signInRoute, (c) => signIn(c, c.req.valid('json')))
    .openapi(signOutRoute, (c) => signOut(c))
    .openapi(currentUserRoute, (c) => me(c))
}

function unlessGone(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'not_found')) throw error
}
