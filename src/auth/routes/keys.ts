/** The routes of a user's own API keys. */
import { createRoute, z } from '@hono/zod-openapi'
import { runAll } from '../../database/steps.ts'
import { invalidField } from '../../errors.ts'
import { body, failures, noContent, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import { isoTime } from '../../iso-time.ts'
import type { Context } from '../../request/context.ts'
import { actorOf } from '../audit.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { deleteKey, insertKey, keyOf, listKeys } from '../store/keys.ts'
import { stillValid } from '../store/users.ts'
import { identityOf, noStore, refuseIdempotencyKey, requireSession } from './guards.ts'
import { apiKey, id, newApiKey } from './resources.ts'
import { keySchema } from './schemas.ts'

const listKeysRoute = createRoute({
  method: 'get',
  path: '/keys',
  operationId: 'listKeys',
  summary: 'List your API keys',
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

export function createKeyRoutes(dependencies: AuthDependencies) {
  const { database, commit, audit, credentials, makeToken, newId, now } = dependencies

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
    .openapi(listKeysRoute, (c) => keys(c))
    .openapi(createKeyRoute, (c) => createKey(c, c.req.valid('json')))
    .openapi(revokeKeyRoute, (c) => revokeKey(c, c.req.param('id')))
}
