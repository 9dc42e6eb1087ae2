/** Changing the own password and deleting the own account. Both ask for the password again. */
import { createRoute, type z } from '@hono/zod-openapi'
import { runAll } from '../../database/steps.ts'
import { AppError, invalidField } from '../../errors.ts'
import { body, failures, noContent } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import type { Context } from '../../request/context.ts'
import type { Identity } from '../../request/identity.ts'
import { actorOf } from '../audit.ts'
import { removedCookie } from '../cookie.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { newPassword, normalPassword } from '../passwords/password-rules.ts'
import { deleteKeys } from '../store/keys.ts'
import { addNetwork, deleteNetworks } from '../store/networks.ts'
import { deleteResets } from '../store/resets.ts'
import { deleteSessions } from '../store/sessions.ts'
import { deleteUser, findById, replacePassword, stillValid } from '../store/users.ts'
import { clientNetworksIn, identityOf, noStore, refuseIdempotencyKey, requireSession } from './guards.ts'
import { deleteAccountSchema, passwordSchema } from './schemas.ts'

const changePasswordRoute = createRoute({
  method: 'post',
  path: '/password',
  operationId: 'changePassword',
  summary: 'Change the password and end all other sessions',
  request: { body: body(passwordSchema) },
  responses: { ...noContent, ...failures(400, 401, 403, 409, 429, 503) },
})

const deleteAccountRoute = createRoute({
  method: 'delete',
  path: '/me',
  operationId: 'deleteAccount',
  summary: 'Delete the own account',
  request: { body: body(deleteAccountSchema) },
  responses: { ...noContent, ...failures(400, 401, 403, 409, 429, 503) },
})

export function createAccountRoutes(dependencies: AuthDependencies) {
  const { database, passwords, throttle, passwordQueue, audit, credentials, now } = dependencies

  /**
   * Verifies the password; returns the stored hash and the statements that the write must run then. Attempts count with
   * those to sign in, and no network is trusted, so a stolen session is no way to guess the password.
   */
  async function verify(c: Context, { userId }: Identity, password: string) {
    const [row] = await database.read(findById(userId))
    if (row === undefined) throw new AppError('unauthorized')
    const [email, stored] = [String(row.email), String(row.password)]
    const { forgive, error, isClosed } = await throttle.begin({ email, userId: '', networks: clientNetworksIn(c) })
    if (isClosed) throw error
    if (!(await passwords.verify(normalPassword(password), stored))) {
      throw invalidField('password', 'wrong', 'is not your password')
    }
    return { email, stored, forgive }
  }

  async function changePassword(c: Context, { password, newPassword: wanted }: z.output<typeof passwordSchema>) {
    const identity = identityOf(c)
    const { userId, credentialId } = identity
    const { stored, hash, forgive } = await passwordQueue.run(clientNetworksIn(c), async () => {
      const verified = await verify(c, identity, password)
      return { ...verified, hash: await passwords.hash(newPassword(wanted, verified.email, 'newPassword')) }
    })
    const entry = audit.entry(actorOf(c), { action: 'password.changed', subject: userId })
    const networks = [deleteNetworks(userId), ...addNetwork(userId, clientNetworksIn(c)[0], now())]
    const ended = credentials.invalidating(deleteSessions(userId, credentialId))
    const checks = [stillValid(identity), replacePassword(userId, stored, hash)]
    await database.write(() => runAll(...checks, ended, ...forgive, ...networks, deleteResets(userId), entry))
    return replyWith(c, { status: 204, headers: noStore })
  }

  async function deleteAccount(c: Context, { password }: z.output<typeof deleteAccountSchema>) {
    const identity = identityOf(c)
    const { userId } = identity
    const { forgive } = await passwordQueue.run(clientNetworksIn(c), () => verify(c, identity, password))
    const entry = audit.entry(actorOf(c), { action: 'account.deleted', subject: userId })
    const ended = [deleteSessions(userId), deleteKeys(userId)].map(credentials.invalidating)
    const rest = [...forgive, deleteNetworks(userId), deleteResets(userId), entry]
    await database.write(() => runAll(stillValid(identity), deleteUser(userId), ...ended, ...rest))
    return replyWith(c, { status: 204, headers: { ...noStore, 'Set-Cookie': removedCookie(c.req.raw) } })
  }

  return new ValidatedRoutes({ tags: ['accounts'], middleware: [requireSession, refuseIdempotencyKey] })
    .openapi(changePasswordRoute, (c) => changePassword(c, c.req.valid('json')))
    .openapi(deleteAccountRoute, (c) => deleteAccount(c, c.req.valid('json')))
}
