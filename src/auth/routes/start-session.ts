import { runAll } from '../../database/steps.ts'
import { replyWith } from '../../http/reply.ts'
import { isoTime } from '../../iso-time.ts'
import type { SqlValue, Statement } from '../../ports/database.ts'
import type { Context } from '../../request/context.ts'
import { actorOf } from '../audit.ts'
import { cookieOf } from '../cookie.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { addNetwork } from '../store/networks.ts'
import { insertSession, sessionAgeMaxMs, sessionExpiry, trimSessions } from '../store/sessions.ts'
import type { User } from '../store/users.ts'
import { clientNetworksIn, noStore } from './guards.ts'

interface Start<Status> {
  user: User
  /** The hash of the password that was verified, as it will be after `statements`. */
  stored: SqlValue
  asToken: boolean
  /** Further steps of the same write. */
  statements: readonly Statement[]
  status: Status
}

/**
 * Returns the function that starts a session and responds with it: always a new session with a new token, so that an
 * attacker can't make a user sign in with a known token (session fixation).
 */
export function createSessionStart({ database, audit, credentials, makeToken, newId, now }: AuthDependencies) {
  return async <const Status extends 200 | 201>(
    c: Context,
    { user, stored, asToken, statements, status }: Start<Status>,
  ) => {
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
}
