/**
 * Sign up. By default the account is made at once, which tells a stranger whether an address has one. Where the operator
 * requires verified addresses, a request without a code gets the same response for every address, and all work that depends
 * on the address happens later: its reader gets a code, and makes the account with it. The password is chosen then, so that
 * nobody can prepare an account for the address of somebody else.
 */
import { createRoute, z } from '@hono/zod-openapi'
import { guardError } from '../../database/failure.ts'
import { run } from '../../database/steps.ts'
import { invalidField } from '../../errors.ts'
import { body, failures, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import { isoTime } from '../../iso-time.ts'
import type { Statement } from '../../ports/database.ts'
import type { Mail } from '../../ports/mailer.ts'
import type { Context } from '../../request/context.ts'
import { adminRole } from '../../request/identity.ts'
import { actorOf } from '../audit.ts'
import { requireEncryption } from '../cookie.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { isStored } from '../later-mail.ts'
import { newPassword } from '../passwords/password-rules.ts'
import { useCode } from '../store/administrator-codes.ts'
import { findByEmail, insertUser, userRole } from '../store/users.ts'
import { insertVerification, useVerification } from '../store/verifications.ts'
import { hashOf, tokenPrefixes } from '../token.ts'
import { clientNetworksIn, noStore, refuseIdempotencyKey } from './guards.ts'
import { newSession } from './resources.ts'
import { signUpSchema } from './schemas.ts'
import { createSessionStart } from './start-session.ts'

const signUpRoute = createRoute({
  method: 'post',
  path: '/sign-up',
  operationId: 'signUp',
  summary: 'Create an account and sign in, or get a code for that by email',
  middleware: [refuseIdempotencyKey],
  request: { body: body(signUpSchema) },
  responses: {
    201: success(201, newSession),
    202: success(202, z.null(), 'An email is sent. Where the address has no account, it has a code to sign up with.'),
    ...failures(400, 409, 429, 503),
  },
})

/** A code that was checked, and the account that it makes. */
interface Redeemed {
  role: string
  isVerified: boolean
  statements: readonly Statement[]
}

export function createSignUpRoutes(dependencies: AuthDependencies) {
  const { database, passwords, passwordQueue, throttle, audit, makeToken, newId, now } = dependencies
  const startSession = createSessionStart(dependencies)

  async function signUp(c: Context, request: z.output<typeof signUpSchema>) {
    const { email, code } = request
    if (code !== undefined) return createAccount(c, request, await redeem(email, code))
    if (dependencies.signUp === 'verified') return emailCode(c, email)
    return createAccount(c, request, { role: userRole, isVerified: false, statements: [] })
  }

  async function emailCode(c: Context, email: string) {
    const networks = clientNetworksIn(c)
    await throttle.countSignUp(networks)
    const origin = dependencies.publicUrl()
    dependencies.later(networks, () => codeMail(email, origin))
    return replyWith(c, { status: 202, data: null, headers: noStore })
  }

  async function codeMail(email: string, origin: string | null): Promise<Mail | null> {
    const { token, hash } = await makeToken('verification')
    if (!(await isStored(database.write(() => run(insertVerification('sign-up', email, hash, now())))))) return null
    const [user] = await database.read(findByEmail(email))
    return user === undefined ? signUpMail(email, token, origin) : takenMail(email, origin)
  }

  async function redeem(email: string, code: string): Promise<Redeemed> {
    const hash = await hashOf(code)
    if (!code.startsWith(tokenPrefixes.verification)) {
      return { role: adminRole, isVerified: false, statements: useCode(hash) }
    }
    return { role: userRole, isVerified: true, statements: useVerification('sign-up', email, hash, now()) }
  }

  /** Checks a code before the password is hashed. The write checks it again. */
  async function requireValid([check]: readonly Statement[]): Promise<void> {
    if (check?.guard && (await database.read(check)).length === 0) throw guardError(check.guard)
  }

  async function createAccount(
    c: Context,
    { email, password, token, code }: z.output<typeof signUpSchema>,
    { role, isVerified, statements }: Redeemed,
  ) {
    if (!token) requireEncryption(c)
    if (password === undefined) throw invalidField('password', 'required', 'is required')
    const accepted = newPassword(password, email)
    const networks = clientNetworksIn(c)
    // A code was counted when it was asked for.
    if (code === undefined) await throttle.countSignUp(networks)
    else await requireValid(statements)
    const stored = await passwordQueue.run(networks, () => passwords.hash(accepted))
    const ms = now()
    const user = { id: newId(), email, role }
    const entry = audit.entry(
      { ...actorOf(c), userId: user.id },
      { action: 'account.created', subject: user.id, detail: { role } },
    )
    const inserted = insertUser({ ...user, password: stored, ms, isVerified })
    const time = isoTime(ms)
    const shown = { ...user, createdAt: time, disabledAt: null, verifiedAt: isVerified ? time : null }
    const all = [...statements, inserted, entry]
    return startSession(c, { user: shown, stored, asToken: token, statements: all, status: 201 })
  }

  return new ValidatedRoutes({ tags: ['accounts'] }).openapi(signUpRoute, (c) => signUp(c, c.req.valid('json')))
}

function signUpMail(to: string, code: string, origin: string | null): Mail {
  const how =
    origin === null
      ? `Enter this code where you asked for it:\n\n${code}`
      : `Go to\n\n${origin}/account#code=${code}&email=${encodeURIComponent(to)}`
  const text = `Somebody, hopefully you, wants to sign up with ${to}.\n\n${how}\n\nwithin an hour. If it was not you, do nothing.\n`
  return { to, subject: 'Your new account', text }
}

function takenMail(to: string, origin: string | null): Mail {
  const where = origin === null ? '' : ` at\n\n${origin}/account`
  const text = `Somebody, hopefully you, wanted to sign up with ${to}, which has an account already.\n\nSign in or ask for a new password${where}\n\nIf it was not you, do nothing.\n`
  return { to, subject: 'You have an account', text }
}
