/**
 * Passwords that are lost. Whoever asks for a reset gets the same answer at once, whether or not there is such an account:
 * what depends on that happens afterwards. A token is good for an hour and for one time.
 */
import { Hono } from 'hono'
import { guarded, statement } from '../../database/statement.ts'
import { runAll } from '../../database/steps.ts'
import { AppError, invalidField } from '../../errors.ts'
import { isLoopback } from '../../http/cross-site.ts'
import { replyWith } from '../../http/reply.ts'
import type { Statement } from '../../ports/database.ts'
import type { Mail } from '../../ports/mailer.ts'
import type { Context, Env } from '../../request/context.ts'
import { type Actor, actorOf } from '../audit.ts'
import { endedIn } from '../credentials.ts'
import type { Dependencies } from '../dependencies.ts'
import { newPassword } from '../passwords/password-rules.ts'
import { deleteKeys } from '../store/keys.ts'
import { deleteSessions } from '../store/sessions.ts'
import { findByEmail, setPassword } from '../store/users.ts'
import { forgetPlaces } from '../throttle.ts'
import { hashOf } from '../token.ts'
import { clientNetworkIn, readBody, refuseKey, unstored } from './request.ts'
import { confirmSchema, resetSchema } from './schemas.ts'

const tokenAgeMaxMs = 60 * 60 * 1000
/** Open tokens of one account, and so letters in an hour. */
const openMax = 5
/** Letters on their way; more are refused rather than kept in memory. */
const jobsMax = 100

export function createResetRoutes(tools: Dependencies): Hono<Env> {
  const {
    database,
    passwords,
    passwordQueue: crowd,
    mailer,
    audit,
    credentials,
    makeToken,
    now,
    publicUrl,
    problem,
  } = tools
  let jobs = 0

  async function ask(c: Context): Promise<Response> {
    refuseKey(c)
    const { email } = await readBody(c, resetSchema)
    if (jobs >= jobsMax) throw new AppError('busy')
    jobs += 1
    const actor: Actor = { userId: null, address: c.env.peer?.address ?? null }
    const origin = publicUrl ?? ownOrigin(c)
    // In a turn of its own, when this answer is on its way.
    setTimeout(() => {
      offer(email, actor, origin)
        .catch(problem)
        .finally(() => {
          jobs -= 1
        })
    })
    return replyWith(c, { status: 202, data: null, headers: unstored })
  }

  async function offer(email: string, actor: Actor, origin: string | null): Promise<void> {
    const [user] = await database.read(findByEmail(email))
    if (user === undefined || user.disabledAt !== null) return
    const { token, hash } = await makeToken('reset')
    const subject = String(user.id)
    const entry = audit.entry(actor, { action: 'reset.requested', subject })
    try {
      await database.write(() => runAll(insertReset(subject, hash, now()), entry))
    } catch (error) {
      if (error instanceof AppError && error.code === 'too_many_requests') return
      throw error
    }
    await mailer.send(letter(email, token, origin))
  }

  async function confirm(c: Context): Promise<Response> {
    refuseKey(c)
    const { token, password } = await readBody(c, confirmSchema)
    const hash = await hashOf(token)
    const [reset] = await database.read(statement(findSql, hash, now()))
    if (reset === undefined) throw badToken()
    const accepted = newPassword(password, String(reset.email))
    const stored = await crowd.run(clientNetworkIn(c), () => passwords.hash(accepted))
    const id = String(reset.userId)
    const actor = { ...actorOf(c), userId: id }
    const statements = [
      useReset(hash, now()),
      setPassword(id, stored),
      deleteSessions(id),
      // Made, perhaps, by who had the account before its address was proven.
      deleteKeys(id),
      forgetPlaces(id),
      statement('delete from galley_resets where userId = ?', id),
      audit.entry(actor, { action: 'password.reset', subject: id }),
    ]
    const results = await database.write(() => runAll(...statements))
    credentials.forget(endedIn(results))
    return replyWith(c, { status: 204, headers: unstored })
  }

  return new Hono<Env>().post('/reset', ask).post('/reset/confirm', confirm)
}

const tokenProblem = 'is none, has been used or has expired'

function badToken(): AppError {
  return invalidField('token', 'invalid_reference', tokenProblem)
}

/** The request's own origin is to be trusted only on the machine itself: elsewhere whoever asks could name any. */
function ownOrigin(c: Context): string | null {
  const { origin, hostname } = new URL(c.req.raw.url)
  return isLoopback(hostname) ? origin : null
}

function letter(to: string, token: string, origin: string | null): Mail {
  const way =
    origin === null ? `Enter this code where you asked for it:\n\n${token}` : `Go to\n\n${origin}/reset#${token}`
  const text = `Somebody, hopefully you, asked for a new password for ${to}.\n\n${way}\n\nwithin an hour. If it was not you, do nothing.\n`
  return { to, subject: 'A new password', text }
}

function insertReset(userId: string, hash: string, ms: number): Statement {
  return guarded(
    { error: 'too_many_requests' },
    `insert into galley_resets (tokenHash, userId, createdAt, expiresAt) select ?, ?, ?, ?
      where (select count(*) from galley_resets where userId = ? and expiresAt > ?) < ? returning tokenHash`,
    hash,
    userId,
    ms,
    ms + tokenAgeMaxMs,
    userId,
    ms,
    openMax,
  )
}

/** Of two at once with the same token one comes too late. */
function useReset(hash: string, ms: number): Statement {
  return guarded(
    { error: 'validation_failed', field: 'token', message: tokenProblem },
    'delete from galley_resets where tokenHash = ? and userId is not null and expiresAt > ? returning userId',
    hash,
    ms,
  )
}

const findSql = `select r.userId, u.email from galley_resets r join galley_users u on u.id = r.userId
  where r.tokenHash = ? and r.expiresAt > ? and u.disabledAt is null`
