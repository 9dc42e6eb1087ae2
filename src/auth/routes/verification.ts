/** Showing that the own email address is one's own. The code counts only for the user who is signed in with that address, so a reader cannot confirm the address for a stranger who signed up with it. */
import { createRoute, z } from '@hono/zod-openapi'
import { runAll } from '../../database/steps.ts'
import { AppError } from '../../errors.ts'
import { body, failures, noContent, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import type { Mail } from '../../ports/mailer.ts'
import type { Context } from '../../request/context.ts'
import type { Identity } from '../../request/identity.ts'
import { actorOf } from '../audit.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { listKeyIds } from '../store/keys.ts'
import { listSessionIds } from '../store/sessions.ts'
import { findById, stillValid, verifyUser } from '../store/users.ts'
import { insertVerification, useVerification } from '../store/verifications.ts'
import { hashOf } from '../token.ts'
import { clientNetworksIn, identityOf, noStore, refuseIdempotencyKey, requireSession } from './guards.ts'
import { verifySchema } from './schemas.ts'

const requestVerificationRoute = createRoute({
  method: 'post',
  path: '/verify',
  operationId: 'requestVerification',
  summary: 'Request an email with a code that verifies the own address',
  responses: { 202: success(202, z.null(), 'An email is sent.'), ...failures(401, 403, 409, 429, 503) },
})

const verifyRoute = createRoute({
  method: 'post',
  path: '/verify/confirm',
  operationId: 'verify',
  summary: 'Verify the own email address with the code',
  request: { body: body(verifySchema) },
  responses: { ...noContent, ...failures(400, 401, 403, 409, 503) },
})

export function createVerificationRoutes(dependencies: AuthDependencies) {
  const { database, audit, credentials, makeToken, later, now } = dependencies

  async function unverifiedEmail({ userId }: Identity): Promise<string> {
    const [row] = await database.read(findById(userId))
    if (row === undefined) throw new AppError('unauthorized')
    if (row.verifiedAt !== null) throw new AppError('conflict', 'Your email address is verified already.')
    return String(row.email)
  }

  async function requestVerification(c: Context) {
    const identity = identityOf(c)
    const email = await unverifiedEmail(identity)
    const { token, hash } = await makeToken('verification')
    await database.write(() => runAll(stillValid(identity), insertVerification('verify', email, hash, now())))
    const origin = dependencies.publicUrl()
    later(clientNetworksIn(c), async () => verificationMail(email, token, origin))
    return replyWith(c, { status: 202, data: null, headers: noStore })
  }

  async function verify(c: Context, { code }: z.output<typeof verifySchema>) {
    const identity = identityOf(c)
    const { userId } = identity
    const email = await unverifiedEmail(identity)
    const used = useVerification('verify', email, await hashOf(code), now())
    const entry = audit.entry(actorOf(c), { action: 'email.verified', subject: userId })
    // Live connections know the old identity, and begin again.
    const renewed = [listSessionIds(userId), listKeyIds(userId)].map(credentials.invalidating)
    await database.write(() => runAll(stillValid(identity), ...used, verifyUser(userId, now()), ...renewed, entry))
    return replyWith(c, { status: 204, headers: noStore })
  }

  return new ValidatedRoutes({ tags: ['accounts'], middleware: [requireSession, refuseIdempotencyKey] })
    .openapi(requestVerificationRoute, (c) => requestVerification(c))
    .openapi(verifyRoute, (c) => verify(c, c.req.valid('json')))
}

function verificationMail(to: string, code: string, origin: string | null): Mail {
  const how = origin === null ? `enter this code:\n\n${code}` : `go to\n\n${origin}/account#verify=${code}`
  const text = `If you have an account with ${to} and want to confirm that the address is yours, ${how}\n\nwithin an hour, and sign in. If not, do nothing.\n`
  return { to, subject: 'Confirm your email address', text }
}
