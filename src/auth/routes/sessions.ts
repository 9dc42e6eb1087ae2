/** The routes of a user's own sessions. */
import { createRoute, z } from '@hono/zod-openapi'
import { run, runAll } from '../../database/steps.ts'
import { failures, noContent, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import type { Context } from '../../request/context.ts'
import { actorOf } from '../audit.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { deleteSession, deleteSessions, listSessions, sessionRowOf } from '../store/sessions.ts'
import { stillValid } from '../store/users.ts'
import { identityOf, noStore, requireSession } from './guards.ts'
import { id, session } from './resources.ts'

const listSessionsRoute = createRoute({
  method: 'get',
  path: '/sessions',
  operationId: 'listSessions',
  summary: 'List your sessions',
  responses: { 200: success(200, z.array(session)), ...failures(401, 403) },
})

const endOtherSessionsRoute = createRoute({
  method: 'delete',
  path: '/sessions',
  operationId: 'endOtherSessions',
  summary: 'End all your sessions except the current one',
  responses: { ...noContent, ...failures(401, 403) },
})

const endSessionRoute = createRoute({
  method: 'delete',
  path: '/sessions/{id}',
  operationId: 'endSession',
  summary: 'End one of your sessions',
  request: { params: z.object({ id }) },
  responses: { ...noContent, ...failures(401, 403, 404) },
})

export function createSessionRoutes(dependencies: AuthDependencies) {
  const { database, commit, audit, credentials, now } = dependencies

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

  return new ValidatedRoutes({ tags: ['accounts'], middleware: [requireSession] })
    .openapi(listSessionsRoute, (c) => sessions(c))
    .openapi(endOtherSessionsRoute, (c) => endOtherSessions(c))
    .openapi(endSessionRoute, (c) => endSession(c, c.req.param('id')))
}
