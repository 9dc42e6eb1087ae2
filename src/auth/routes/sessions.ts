/** The own sessions and API keys: list, create, end. */
import { createRoute, z } from '@hono/zod-openapi'
import { run, runAll } from '../../database/steps.ts'
import { invalidField } from '../../errors.ts'
import { body, failures, noContent, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import { isoTime } from '../../iso-time.ts'
import type { Context } from '../../request/context.ts'
import { actorOf } from '../audit.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { deleteKey, insertKey, keyOf, listKeys } from '../store/keys.ts'
import { deleteSession, deleteSessions, listSessions, sessionRowOf } from '../store/sessions.ts'
import { stillValid } from '../store/users.ts'
import { identityOf, noStore, refuseIdempotencyKey, requireSession } from './guards.ts'
import { apiKey, id, newApiKey, session } from './resources.ts'
import { keySchema } from './schemas.ts'

const listSessionsRoute = createRoute({
  method: 'get',
  path: '/sessions',
  operationId: 'listSessions',
  summary: 'List the own sessions',
  responses: { 200: success(200, z.array(session)), ...failures(401, 403) },
})

const endOtherSessionsRoute = createRoute({
  method: 'delete',
  path: '/sessions',
  operationId: 'endOtherSessions',
  summary: 'End all own sessions except the current one',
  responses: { ...noContent, ...failures(401, 403) },
})

const endSessionRoute = createRoute({
  method: 'delete',
  path: '/sessions/{id}',
  operationId: 'endSession',
  summary: 'End one of the own sessions',
  request: { params: z.object({ id }) },
  responses: { ...noContent, ...failures(401, 403, 404) },
})

const listKeysRoute = createRoute({
  method: 'get',
  path: '/keys',
  operationId: 'listKeys',
  summary: 'List the own API keys',
  responses: { 200: success(200, z.array(apiKey)), ...failures(401, 403) },
})

const createKeyRoute = createRoute({
  method: 'post',
  path: '/keys',
  operationId: 'createKey',
  summary: 'Create an API key; only this response shows its secret',
  middleware: [refuseIdempotencyKey],
  request: { body: body(keySchema) },
  responses: { 201: success(201, newApiKey), ...failures(400, 401, 403, 409) },
})

const revokeKeyRoute = createRoute({
  method: 'delete',
  path: '/keys/{id}',
  operationId: 'revokeKey',
  summary: 'Revoke an API key',
  request: { params: z.object({ id }) },
  responses: { ...noContent, ...failures(401, 403, 404) },
})

export function createSessionRoutes(dependencies: AuthDependencies) {
  const { database, commit, audit, credentials, makeToken, newId, now } = dependencies

  async function sessions(c: Context) {
    const { userId, credentialId } = identityOf(c)
    const rows = await database.read(listSessions(userId, now()))
    const data = rows.map((row) => sessionRowOf(row, credentialId))
    return replyWith(c, { status: 200, data, headers: noStore })
  }

  function endSession(c: Context, id: string) {
    const identity = identityOf(c)
    const { userId } = identity
    const entry = audit.entry(actorOf(c), { action: 'session.ended', subject: userId, detail: { session: id } })
    return commit(
      c,
      () => runAll(stillValid(identity), credentials.invalidating(deleteSession(id, userId)), entry),
      () => ({ status: 204 }),
    )
  }

  function endOtherSessions(c: Context) {
    const identity = identityOf(c)
    const { userId, credentialId } = identity
    const entry = audit.entry(actorOf(c), { action: 'sessions.ended', subject: userId })
    const write = function* () {
      yield [stillValid(identity)]
      const ended = yield* run(credentials.invalidating(deleteSessions(userId, credentialId)))
      if (ended.length > 0) yield [entry]
    }
    return commit(c, write, () => ({ status: 204 }))
  }

  async function keys(c: Context) {
    const rows = await database.read(listKeys(identityOf(c).userId))
    return replyWith(c, { status: 200, data: rows.map(keyOf), headers: noStore })
  }

  async function createKey(c: Context, { name, scopes, expiresAt }: z.output<typeof keySchema>) {
    const identity = identityOf(c)
    const ms = now()
    if (expiresAt !== null && Date.parse(expiresAt) <= ms)
      throw invalidField('expiresAt', 'past', 'must be in the future')
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
    await database.write(() => runAll(stillValid(identity), insertKey(key), entry))
    const data = { id: key.id, name, scopes, createdAt: isoTime(ms), expiresAt, lastUsedAt: null, secret: token }
    return replyWith(c, { status: 201, data, headers: noStore })
  }

  function revokeKey(c: Context, id: string) {
    const identity = identityOf(c)
    const { userId } = identity
    const entry = audit.entry(actorOf(c), { action: 'key.revoked', subject: userId, detail: { key: id } })
    return commit(
      c,
      () => runAll(stillValid(identity), credentials.invalidating(deleteKey(id, userId)), entry),
      () => ({ status: 204 }),
    )
  }

  return new ValidatedRoutes({ tags: ['accounts'], middleware: [requireSession] })
    .openapi(listSessionsRoute, (c) => sessions(c))
    .openapi(endOtherSessionsRoute, (c) => endOtherSessions(c))
    .openapi(endSessionRoute, (c) => endSession(c, c.req.param('id')))
    .openapi(listKeysRoute, (c) => keys(c))
    .openapi(createKeyRoute, (c) => createKey(c, c.req.valid('json')))
    .openapi(revokeKeyRoute, (c) => revokeKey(c, c.req.param('id')))
}
