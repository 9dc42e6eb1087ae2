/** A user's own sessions and API keys: seen, made, ended. */
import { Hono } from 'hono'
import { runAll } from '../../database/steps.ts'
import { invalidField } from '../../errors.ts'
import { replyWith } from '../../http/reply.ts'
import { isoTime } from '../../iso-time.ts'
import type { Context, Env } from '../../request/context.ts'
import { actorOf } from '../audit.ts'
import { endedIn } from '../credentials.ts'
import type { Dependencies } from '../dependencies.ts'
import { deleteKey, insertKey, keyOf, listKeys } from '../store/keys.ts'
import { deleteSession, deleteSessions, listSessions, sessionRowOf } from '../store/sessions.ts'
import { stillIn } from '../store/users.ts'
import { readBody, refuseKey, sessionOf, unstored } from './request.ts'
import { keySchema } from './schemas.ts'

export function createSessionRoutes({
  database,
  commit,
  audit,
  credentials,
  makeToken,
  newId,
  now,
}: Dependencies): Hono<Env> {
  async function sessions(c: Context): Promise<Response> {
    const { userId, credentialId } = sessionOf(c)
    const rows = await database.read(listSessions(userId, now()))
    const data = rows.map((row) => sessionRowOf(row, credentialId))
    return replyWith(c, { status: 200, data, headers: unstored })
  }

  async function endSession(c: Context): Promise<Response> {
    const identity = sessionOf(c)
    const { userId } = identity
    const id = c.req.param('id') ?? ''
    const entry = audit.entry(actorOf(c), { action: 'session.ended', subject: userId, detail: { session: id } })
    const response = await commit(
      c,
      () => runAll(stillIn(identity), deleteSession(id, userId), entry),
      () => ({ status: 204 }),
    )
    credentials.forget([id])
    return response
  }

  async function endOthers(c: Context): Promise<Response> {
    const identity = sessionOf(c)
    const { userId, credentialId } = identity
    // The statement before it says whether anything ended.
    const whenAny = { sql: 'changes() > 0', parameters: [] }
    const entry = audit.entry(actorOf(c), { action: 'sessions.ended', subject: userId }, whenAny)
    let ended: string[] = []
    const write = () => runAll(stillIn(identity), deleteSessions(userId, credentialId), entry)
    const response = await commit(c, write, (results) => {
      ended = endedIn(results)
      return { status: 204 }
    })
    credentials.forget(ended)
    return response
  }

  async function keys(c: Context): Promise<Response> {
    const rows = await database.read(listKeys(sessionOf(c).userId))
    return replyWith(c, { status: 200, data: rows.map(keyOf), headers: unstored })
  }

  async function makeKey(c: Context): Promise<Response> {
    const identity = sessionOf(c)
    refuseKey(c)
    const { name, scopes, expiresAt } = await readBody(c, keySchema)
    const ms = now()
    if (expiresAt !== null && Date.parse(expiresAt) <= ms)
      throw invalidField('expiresAt', 'past', 'must be yet to come')
    const { token, hash } = await makeToken('key')
    const { userId } = identity
    const key = {
      id: newId(),
      userId,
      name,
      scopes,
      hash,
      ms,
      expiresAt: expiresAt === null ? null : Date.parse(expiresAt),
    }
    const detail = { key: key.id, name, scopes, expiresAt }
    const entry = audit.entry(actorOf(c), { action: 'key.created', subject: userId, detail })
    await database.write(() => runAll(stillIn(identity), insertKey(key), entry))
    const data = { id: key.id, name, scopes, createdAt: isoTime(ms), expiresAt, lastUsedAt: null, secret: token }
    return replyWith(c, { status: 201, data, headers: unstored })
  }

  async function revokeKey(c: Context): Promise<Response> {
    const identity = sessionOf(c)
    const { userId } = identity
    const id = c.req.param('id') ?? ''
    const entry = audit.entry(actorOf(c), { action: 'key.revoked', subject: userId, detail: { key: id } })
    const response = await commit(
      c,
      () => runAll(stillIn(identity), deleteKey(id, userId), entry),
      () => ({ status: 204 }),
    )
    credentials.forget([id])
    return response
  }

  return new Hono<Env>()
    .get('/sessions', sessions)
    .delete('/sessions', endOthers)
    .delete('/sessions/:id', endSession)
    .get('/keys', keys)
    .post('/keys', makeKey)
    .delete('/keys/:id', revokeKey)
}
