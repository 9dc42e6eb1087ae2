/**
 * Resetting a lost password. A request gets the same response, after the same time, whether or not the account exists: all
 * work that depends on the account happens later. A token is valid for an hour and can be used once.
 */
import { createRoute, z } from '@hono/zod-openapi'
import { runAll } from '../../database/steps.ts'
import { type AppError, invalidField } from '../../errors.ts'
import { body, failures, noContent, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import type { Mail } from '../../ports/mailer.ts'
import type { Context } from '../../request/context.ts'
import { type Actor, actorOf } from '../audit.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { isStored } from '../later-mail.ts'
import { newPassword } from '../passwords/password-rules.ts'
import { deleteKeys } from '../store/keys.ts'
import { deleteNetworks } from '../store/networks.ts'
import { deleteResets, findReset, insertReset, tokenProblem, useReset } from '../store/resets.ts'
import { deleteSessions } from '../store/sessions.ts'
import { findByEmail, setPassword } from '../store/users.ts'
import { hashOf } from '../token.ts'
import { clientNetworksIn, noStore, refuseIdempotencyKey } from './guards.ts'
import { confirmSchema, resetSchema } from './schemas.ts'

const requestResetRoute = createRoute({
  method: 'post',
  path: '/reset',
  operationId: 'requestReset',
  summary: 'Request an email that lets its reader set a new password',
  request: { body: body(resetSchema) },
  responses: { 202: success(202, z.null(), 'If the account exists, an email is sent.'), ...failures(400, 503) },
})

const confirmResetRoute = createRoute({
  method: 'post',
  path: '/reset/confirm',
  operationId: 'confirmReset',
  summary: 'Set a new password and end all sessions',
  request: { body: body(confirmSchema) },
  responses: { ...noContent, ...failures(400, 503) },
})

export function createResetRoutes(dependencies: AuthDependencies) {
  const { database, passwords, passwordQueue, audit, credentials, makeToken, later, now, publicUrl } = dependencies

  function requestReset(c: Context, { email }: z.output<typeof resetSchema>) {
    const actor: Actor = { userId: null, address: c.env.peer?.address ?? null }
    const origin = publicUrl()
    later(clientNetworksIn(c), () => tokenMail(email, actor, origin))
    return replyWith(c, { status: 202, data: null, headers: noStore })
  }

  async function tokenMail(email: string, actor: Actor, origin: string | null): Promise<Mail | null> {
    const [user] = await database.read(findByEmail(email))
    if (user === undefined || user.disabledAt !== null) return null
    const { token, hash } = await makeToken('reset')
    const subject = String(user.id)
    const entry = audit.entry(actor, { action: 'reset.requested', subject })
    const isAllowed = await isStored(database.write(() => runAll(insertReset(subject, hash, now()), entry)))
    return isAllowed ? resetMail(email, token, origin) : null
  }

  async function confirm(c: Context, { token, password }: z.output<typeof confirmSchema>) {
    const hash = await hashOf(token)
    const [reset] = await database.read(findReset(hash, now()))
    if (reset === undefined) throw badToken()
    const accepted = newPassword(password, String(reset.email))
    const stored = await passwordQueue.run(clientNetworksIn(c), () => passwords.hash(accepted))
    const id = String(reset.userId)
    const actor = { ...actorOf(c), userId: id }
    const entry = audit.entry(actor, { action: 'password.reset', subject: id })
    // The keys were perhaps created by another person, who signed up with this address without owning it.
    const ended = [deleteSessions(id), deleteKeys(id)].map(credentials.invalidating)
    await database.write(() =>
      runAll(
        useReset(hash, now()),
        setPassword(id, stored, now()),
        ...ended,
        deleteNetworks(id),
        deleteResets(id),
        entry,
      ),
    )
    return replyWith(c, { status: 204, headers: noStore })
  }

  return new ValidatedRoutes({ tags: ['accounts'], middleware: [refuseIdempotencyKey] })
    .openapi(requestResetRoute, (c) => requestReset(c, c.req.valid('json')))
    .openapi(confirmResetRoute, (c) => confirm(c, c.req.valid('json')))
}

function badToken(): AppError {
  return invalidField('token', 'invalid_reference', tokenProblem)
}

function resetMail(to: string, token: string, origin: string | null): Mail {
  const how =
    origin === null ? `Enter this code where you asked for it:\n\n${token}` : `Go to\n\n${origin}/reset#${token}`
  const text = `Somebody, hopefully you, asked for a new password for ${to}.\n\n${how}\n\nwithin an hour. If it was not you, do nothing.\n`
  return { to, subject: 'A new password', text }
}
