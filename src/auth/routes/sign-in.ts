/** Sign up, sign in, sign out, who am I. */
import { Hono } from 'hono'
import { runAll } from '../../database/steps.ts'
import { AppError } from '../../errors.ts'
import { replyWith } from '../../http/reply.ts'
import { isoTime } from '../../iso-time.ts'
import type { SqlRow, SqlValue, Statement } from '../../ports/database.ts'
import type { Context, Env } from '../../request/context.ts'
import { adminRole } from '../../request/identity.ts'
import { useCode } from '../administrator.ts'
import { actorOf } from '../audit.ts'
import { cookieOf, noCookie, refusePlain } from '../cookie.ts'
import { endedIn } from '../credentials.ts'
import type { Dependencies } from '../dependencies.ts'
import { newPassword, normalPassword } from '../passwords/password-rules.ts'
import { deleteSession, insertSession, sessionAgeMaxMs, sessionExpiry, trimSessions } from '../store/sessions.ts'
import { findByEmail, findById, insertUser, type User, userOf, userRole } from '../store/users.ts'
import { type CountedTry, remember } from '../throttle.ts'
import { hashOf } from '../token.ts'
import { clientNetworkIn, identityOf, readBody, refuseKey, unstored } from './request.ts'
import { signInSchema, signUpSchema } from './schemas.ts'

export function createSignInRoutes(tools: Dependencies): Hono<Env> {
  const { database, passwords, throttle, passwordQueue: crowd, audit, credentials, makeToken, newId, now } = tools

  async function signUp(c: Context): Promise<Response> {
    refuseKey(c)
    const { email, password, token, code } = await readBody(c, signUpSchema)
    if (!token) refusePlain(c)
    const accepted = newPassword(password, email)
    const hash = await crowd.run(clientNetworkIn(c), () => passwords.hash(accepted))
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

  async function signIn(c: Context): Promise<Response> {
    refuseKey(c)
    const { email, password, token } = await readBody(c, signInSchema)
    if (!token) refusePlain(c)
    const place = clientNetworkIn(c)
    const verified = await crowd.run(place, async () => {
      const [row] = await database.read(findByEmail(email))
      const counted = await throttle.begin({ email, userId: String(row?.id ?? ''), place })
      return verify(row, normalPassword(password), counted)
    })
    return begin(c, { ...verified, asToken: token, status: 200 })
  }

  /** An account that is disabled is refused like a wrong password, and after as much work. */
  async function verify(row: SqlRow | undefined, password: string, counted: CountedTry) {
    const isRight = await passwords.verify(password, row === undefined ? null : String(row.password))
    if (row === undefined || !isRight || counted.isClosed || row.disabledAt !== null) throw counted.error
    const then = String(row.password)
    const user = userOf(row)
    if (passwords.isCurrent(then)) return { user, stored: then, statements: counted.forgive }
    const stored = await passwords.hash(password)
    return { user, stored, statements: [renewHash(user.id, then, stored), ...counted.forgive] }
  }

  interface Beginning {
    user: User
    /** The hash of the password that was verified, as it will be after `statements`. */
    stored: SqlValue
    asToken: boolean
    /** What else happens in the write. */
    statements: readonly Statement[]
    status: 200 | 201
  }

  /** A new session with a new token, whatever the request showed: nobody can be made to use a token that somebody else knows. */
  async function begin(c: Context, { user, stored, asToken, statements, status }: Beginning): Promise<Response> {
    const { token, hash } = await makeToken('session')
    const ms = now()
    const id = newId()
    const actor = { ...actorOf(c), userId: user.id }
    const agent = c.req.raw.headers.get('user-agent') ?? ''
    const all = [
      ...statements,
      insertSession({ id, userId: user.id, hash, ms, address: actor.address, agent }, stored),
      ...remember(user.id, clientNetworkIn(c), ms),
      audit.entry(actor, { action: 'session.created', subject: user.id, detail: { session: id } }),
      trimSessions(user.id),
    ]
    const results = await database.write(() => runAll(...all))
    credentials.forget(endedIn(results))
    const session = { id, expiresAt: isoTime(sessionExpiry(ms, ms)) }
    const headers = asToken ? unstored : { ...unstored, 'Set-Cookie': cookieOf(token, sessionAgeMaxMs) }
    return replyWith(c, { status, data: { user, session, ...(asToken && { token }) }, headers })
  }

  async function signOut(c: Context): Promise<Response> {
    const headers = { ...unstored, 'Set-Cookie': noCookie }
    const { identity } = c.env
    if (identity === null) return replyWith(c, { status: 204, headers })
    if (identity.credential === 'key') throw new AppError('forbidden', 'An API key is revoked, not signed out.')
    const { credentialId: id, userId } = identity
    const entry = audit.entry(actorOf(c), { action: 'session.ended', subject: userId, detail: { session: id } })
    await database.write(() => runAll(deleteSession(id, userId), entry)).catch(unlessGone)
    credentials.forget([id])
    return replyWith(c, { status: 204, headers })
  }

  async function me(c: Context): Promise<Response> {
    const { userId, credential, credentialId, scopes, expiresAtMs } = identityOf(c)
    const [row] = await database.read(findById(userId))
    if (row === undefined) throw new AppError('unauthorized')
    const expiresAt = expiresAtMs === null ? null : isoTime(expiresAtMs)
    const shown = { kind: credential, id: credentialId, scopes, expiresAt }
    return replyWith(c, { status: 200, data: { ...userOf(row), credential: shown }, headers: unstored })
  }

  return new Hono<Env>().post('/sign-up', signUp).post('/sign-in', signIn).post('/sign-out', signOut).get('/me', me)
}

/** Where the password was changed meanwhile, the session that is to begin in the same write is refused. */
function renewHash(id: string, then: string, now: string): Statement {
  return { sql: 'update galley_users set password = ? where id = ? and password = ?', parameters: [now, id, then] }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'not_found')) throw error
}
