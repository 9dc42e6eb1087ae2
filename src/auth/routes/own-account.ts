/** What a user does with the account itself, for which the password is asked once more. */
import { Hono } from 'hono'
import { statement } from '../../database/statement.ts'
import { runAll } from '../../database/steps.ts'
import { AppError, invalidField } from '../../errors.ts'
import { replyWith } from '../../http/reply.ts'
import type { Context, Env } from '../../request/context.ts'
import type { Identity } from '../../request/identity.ts'
import { actorOf } from '../audit.ts'
import { noCookie } from '../cookie.ts'
import { endedIn } from '../credentials.ts'
import type { Dependencies } from '../dependencies.ts'
import { newPassword, normalPassword } from '../passwords/password-rules.ts'
import { deleteKeys } from '../store/keys.ts'
import { deleteSessions } from '../store/sessions.ts'
import { deleteUser, findById, replacePassword, stillIn } from '../store/users.ts'
import { forgetPlaces, remember } from '../throttle.ts'
import { clientNetworkIn, readBody, refuseKey, sessionOf, unstored } from './request.ts'
import { leaveSchema, passwordSchema } from './schemas.ts'

export function createOwnAccountRoutes({
  database,
  passwords,
  throttle,
  passwordQueue: crowd,
  audit,
  credentials,
  now,
}: Dependencies): Hono<Env> {
  /**
   * The stored hash and what the write must do when the password is right. Tries are counted with those to sign in, and
   * nobody is known here, so that a stolen session is no way to guess.
   */
  async function verify(c: Context, { userId }: Identity, password: string) {
    const [row] = await database.read(findById(userId))
    if (row === undefined) throw new AppError('unauthorized')
    const [email, stored] = [String(row.email), String(row.password)]
    const { forgive, error, isClosed } = await throttle.begin({ email, userId: '', place: clientNetworkIn(c) })
    if (isClosed) throw error
    if (!(await passwords.verify(normalPassword(password), stored))) {
      throw invalidField('password', 'wrong', 'is not your password')
    }
    return { email, stored, forgive }
  }

  async function changePassword(c: Context): Promise<Response> {
    const identity = sessionOf(c)
    refuseKey(c)
    const { password, newPassword: wanted } = await readBody(c, passwordSchema)
    const { userId, credentialId } = identity
    const { stored, hash, forgive } = await crowd.run(clientNetworkIn(c), async () => {
      const verified = await verify(c, identity, password)
      return { ...verified, hash: await passwords.hash(newPassword(wanted, verified.email, 'newPassword')) }
    })
    const actor = actorOf(c)
    const statements = [
      stillIn(identity),
      replacePassword(userId, stored, hash),
      deleteSessions(userId, credentialId),
      ...forgive,
      forgetPlaces(userId),
      ...remember(userId, clientNetworkIn(c), now()),
      statement('delete from galley_resets where userId = ?', userId),
      audit.entry(actor, { action: 'password.changed', subject: userId }),
    ]
    const results = await database.write(() => runAll(...statements))
    credentials.forget(endedIn(results))
    return replyWith(c, { status: 204, headers: unstored })
  }

  async function leave(c: Context): Promise<Response> {
    const identity = sessionOf(c)
    refuseKey(c)
    const { password } = await readBody(c, leaveSchema)
    const { userId } = identity
    const { forgive } = await crowd.run(clientNetworkIn(c), () => verify(c, identity, password))
    const statements = [
      stillIn(identity),
      deleteUser(userId),
      deleteSessions(userId),
      deleteKeys(userId),
      ...forgive,
      forgetPlaces(userId),
      statement('delete from galley_resets where userId = ?', userId),
      audit.entry(actorOf(c), { action: 'account.deleted', subject: userId }),
    ]
    const results = await database.write(() => runAll(...statements))
    credentials.forget(endedIn(results))
    return replyWith(c, { status: 204, headers: { ...unstored, 'Set-Cookie': noCookie } })
  }

  return new Hono<Env>().post('/password', changePassword).delete('/me', leave)
}
