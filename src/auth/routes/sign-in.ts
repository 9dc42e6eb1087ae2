/** Sign up, sign in, sign out, and the current user. */
import { createRoute, type z } from '@hono/zod-openapi'
import { runAll } from '../../database/steps.ts'
import { AppError } from '../../errors.ts'
import { body, failures, noContent, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import { isoTime } from '../../iso-time.ts'
import type { SqlRow, SqlValue, Statement } from '../../ports/database.ts'
import type { Context } from '../../request/context.ts'
import { adminRole } from '../../request/identity.ts'
import { actorOf } from '../audit.ts'
import { cookieOf, removedCookie, requireEncryption } from '../cookie.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { newPassword, normalPassword } from '../passwords/password-rules.ts'
import { useCode } from '../store/administrator-codes.ts'
import { addNetwork } from '../store/networks.ts'
import { deleteSession, insertSession, sessionAgeMaxMs, sessionExpiry, trimSessions } from '../store/sessions.ts'
import { findByEmail, findById, insertUser, renewHash, type User, userOf, userRole } from '../store/users.ts'
import type { CountedAttempt } from '../throttle.ts'
import { hashOf } from '../token.ts'
import { clientNetworksIn, identityOf, noStore, refuseIdempotencyKey } from './guards.ts'
import { currentUser, newSession } from './resources.ts'
import { signInSchema, signUpSchema } from './schemas.ts'

const signUpRoute = createRoute({
  method: 'post',
  path: '/sign-up',
  operationId: 'signUp',
  summary: 'Create an account and sign in',
  middleware: [refuseIdempotencyKey],
  request: { body: body(signUpSchema) },
  responses: { 201: success(201, newSession), ...failures(400, 409, 503) },
})

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
  const { database, passwords, throttle, passwordQueue, audit, credentials, makeToken, newId, now } = dependencies

  async function signUp(c: Context, { email, password, token, code }: z.output<typeof signUpSchema>) {
    if (!token) requireEncryption(c)
    const accepted = newPassword(password, email)
    const hash = await passwordQueue.run(clientNetworksIn(c), () => passwords.hash(accepted))
    const user = { id: newId(), email, role: code === undefined ? userRole : adminRole }
    const ms = now()
    const made = audit.entry(
      { ...actorOf(c), userId: user.id },
      { action: 'account.created', subject: user.id, detail: { role: user.role } },
    )
    const statements = [
      ...(code === undefined ? [] : useCode(await hashOf(code))),
      insertUser({ ...user, password: hash, ms }),
      made,
    ]
    const shown = { ...user, createdAt: isoTime(ms), disabledAt: null }
    return begin(c, { user: shown, stored: hash, asToken: token, statements, status: 201 })
  }

  async function signIn(c: Context, { email, password, token }: z.output<typeof signInSchema>) {
    if (!token) requireEncryption(c)
    const networks = clientNetworksIn(c)
    const verified = await passwordQueue.run(networks, async () => {
      const [row] = await database.read(findByEmail(email))
      const counted = await throttle.begin({ email, userId: String(row?.id ?? ''), networks })
      return verify(row, normalPassword(password), counted)
    })
    return begin(c, { ...verified, asToken: token, status: 200 })
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

  interface Beginning<Status> {
    user: User
    /** The hash of the password that was verified, as it will be after `statements`. */
    stored: SqlValue
    asToken: boolean
    /** Further steps of the same write. */
    statements: readonly Statement[]
    status: Status
  }

  /** Always a new session with a new token, so that an attacker can't make a user sign in with a known token (session fixation). */
  async function begin<const Status extends 200 | 201>(
    c: Context,
    { user, stored, asToken, statements, status }: Beginning<Status>,
  ) {
    const { token, hash } = await makeToken('session')
    const ms = now()
    const id = newId()
    const actor = { ...actorOf(c), userId: user.id }
    const agent = c.req.raw.headers.get('user-agent') ?? ''
    const entry = audit.entry(actor, { action: 'session.created', subject: user.id, detail: { session: id } })
    const session = insertSession({ id, userId: user.id, hash, ms, address: actor.address, agent }, stored)
    const network = addNetwork(user.id, clientNetworksIn(c)[0], ms)
    const trim = credentials.invalidating(trimSessions(user.id))
    await database.write(() => runAll(...statements, session, ...network, entry, trim))
    const shown = { id, expiresAt: isoTime(sessionExpiry(ms, ms)) }
    const headers = asToken ? noStore : { ...noStore, 'Set-Cookie': cookieOf(c.req.raw, token, sessionAgeMaxMs) }
    return replyWith(c, { status, data: { user, session: shown, ...(asToken && { token }) }, headers })
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
    .openapi(signUpRoute, (c) => signUp(c, c.req.valid('json')))
    .openapi(signInRoute, (c) => signIn(c, c.req.valid('json')))
    .openapi(signOutRoute, (c) => signOut(c))
    .openapi(currentUserRoute, (c) => me(c))
}

function unlessGone(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'not_found')) throw error
}
