/** Routes for administrators: users, their roles and sessions, and the audit log. */
import { createRoute, z } from '@hono/zod-openapi'
import { decodeCursor, encodeCursor } from '../../database/cursor.ts'
import { one, runAll } from '../../database/steps.ts'
import { AppError, invalidField } from '../../errors.ts'
import { body, failures, noContent, page, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import type { SqlRow, SqlValue, Statement, Steps } from '../../ports/database.ts'
import type { Context } from '../../request/context.ts'
import type { Identity } from '../../request/identity.ts'
import { type Actor, actorOf, entryOf } from '../audit.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { listEntries } from '../store/audit.ts'
import { deleteKeys, listKeyIds } from '../store/keys.ts'
import { deleteResets } from '../store/resets.ts'
import { deleteSessions, listSessionIds } from '../store/sessions.ts'
import {
  findById,
  listUsers,
  requireUser,
  stillAdmin,
  stillValid,
  type User,
  updateUser,
  userOf,
} from '../store/users.ts'
import { identityOf, noStore, requireAdministrator } from './guards.ts'
import { auditEntry, id, user } from './resources.ts'
import { auditQuerySchema, userChangeSchema, usersQuerySchema } from './schemas.ts'

const listUsersRoute = createRoute({
  method: 'get',
  path: '/users',
  operationId: 'listUsers',
  summary: 'List all users',
  request: { query: usersQuerySchema },
  responses: { 200: page(user), ...failures(400, 401, 403) },
})

const getUserRoute = createRoute({
  method: 'get',
  path: '/users/{id}',
  operationId: 'getUser',
  summary: 'Get one user',
  request: { params: z.object({ id }) },
  responses: { 200: success(200, user), ...failures(401, 403, 404) },
})

const changeUserRoute = createRoute({
  method: 'patch',
  path: '/users/{id}',
  operationId: 'changeUser',
  summary: 'Change the role, disable or enable the account, set whether its email address is verified',
  request: { params: z.object({ id }), body: body(userChangeSchema) },
  responses: { 200: success(200, user), ...failures(400, 401, 403, 404, 409) },
})

const endSessionsRoute = createRoute({
  method: 'delete',
  path: '/users/{id}/sessions',
  operationId: 'endSessions',
  summary: 'End all sessions of a user',
  request: { params: z.object({ id }) },
  responses: { ...noContent, ...failures(401, 403, 404) },
})

const readAuditRoute = createRoute({
  method: 'get',
  path: '/audit',
  operationId: 'readAudit',
  summary: 'List the changes to accounts, newest first',
  request: { query: auditQuerySchema },
  responses: { 200: page(auditEntry), ...failures(400, 401, 403) },
})

type Change = z.output<typeof userChangeSchema>

export function createAdministrationRoutes({ database, commit, audit, credentials, now }: AuthDependencies) {
  async function users(c: Context, { limit, cursor }: z.output<typeof usersQuerySchema>) {
    const rows = await database.read(listUsers(idAfter(cursor, 'users') ?? '', limit + 1))
    return answerPage(c, rows, limit, 'users', userOf)
  }

  async function getUser(c: Context, id: string) {
    const [row] = await database.read(findById(id))
    if (row === undefined) throw new AppError('not_found', 'There is no such user.')
    return replyWith(c, { status: 200, data: userOf(row), headers: noStore })
  }

  function changeUser(c: Context, id: string, change: Change) {
    const identity = identityOf(c)
    if (Object.keys(change).length === 0) throw invalidField('', 'empty', 'Give `role`, `disabled` or `verified`.')
    return commit(
      c,
      () => changing(identity, id, change, actorOf(c)),
      (user) => ({ status: 200, data: user, headers: noStore }),
    )
  }

  /** Disabling an account ends all its credentials. Other changes invalidate cached identities and end live connections, which know the old ones. */
  function* changing(identity: Identity, id: string, change: Change, actor: Actor): Steps<User> {
    yield [stillValid(identity), stillAdmin(identity)]
    const before = yield* one(requireUser(id))
    const row = yield* one(
      updateUser(id, {
        role: change.role ?? before.role ?? '',
        disabledAt: timeAfter(change.disabled, before.disabledAt ?? null),
        verifiedAt: timeAfter(change.verified, before.verifiedAt ?? null),
      }),
    )
    if (change.disabled === true) {
      yield [...[deleteSessions(id), deleteKeys(id)].map(credentials.invalidating), deleteResets(id)]
    } else if (row.role !== before.role || row.verifiedAt !== before.verifiedAt) {
      yield [listSessionIds(id), listKeyIds(id)].map(credentials.invalidating)
    }
    yield entriesOf(id, change, before, actor)
    return userOf(row)
  }

  /** The stored time of a state that was there before or not, and is wanted or not. */
  function timeAfter(wanted: boolean | undefined, before: SqlValue): SqlValue {
    if (wanted === undefined) return before
    return wanted ? (before ?? now()) : null
  }

  /** Audits only real changes. */
  function entriesOf(subject: string, { role, disabled, verified }: Change, before: SqlRow, actor: Actor): Statement[] {
    const statements: Statement[] = []
    if (role !== undefined && role !== before.role) {
      statements.push(audit.entry(actor, { action: 'role.changed', subject, detail: { from: before.role, to: role } }))
    }
    if (disabled !== undefined && disabled !== (before.disabledAt !== null)) {
      const action = disabled ? 'account.disabled' : 'account.enabled'
      statements.push(audit.entry(actor, { action, subject }))
    }
    if (verified !== undefined && verified !== (before.verifiedAt !== null)) {
      statements.push(audit.entry(actor, { action: verified ? 'email.verified' : 'email.unverified', subject }))
    }
    return statements
  }

  function endSessions(c: Context, id: string) {
    const identity = identityOf(c)
    const entry = audit.entry(actorOf(c), { action: 'sessions.ended', subject: id })
    const checks = [stillValid(identity), stillAdmin(identity), requireUser(id)]
    return commit(
      c,
      () => runAll(...checks, credentials.invalidating(deleteSessions(id)), entry),
      () => ({ status: 204, headers: noStore }),
    )
  }

  async function readAudit(c: Context, { limit, cursor, actor, subject }: z.output<typeof auditQuerySchema>) {
    const filter = { before: idAfter(cursor, 'audit'), actor, subject }
    const rows = await database.read(listEntries(filter, limit + 1))
    return answerPage(c, rows, limit, 'audit', entryOf)
  }

  return new ValidatedRoutes({ tags: ['administration'], middleware: [requireAdministrator] })
    .openapi(listUsersRoute, (c) => users(c, c.req.valid('query')))
    .openapi(getUserRoute, (c) => getUser(c, c.req.param('id')))
    .openapi(changeUserRoute, (c) => changeUser(c, c.req.param('id'), c.req.valid('json')))
    .openapi(endSessionsRoute, (c) => endSessions(c, c.req.param('id')))
    .openapi(readAuditRoute, (c) => readAudit(c, c.req.valid('query')))
}

/** The id after which the page begins; undefined for the first page. @throws AppError `validation_failed` */
function idAfter(cursor: string | undefined, list: string): string | undefined {
  return cursor === undefined ? undefined : String(decodeCursor(cursor, list, 1).values[0])
}

function answerPage<Row>(c: Context, rows: readonly SqlRow[], limit: number, list: string, show: (row: SqlRow) => Row) {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const next =
    rows.length > limit && last !== undefined ? encodeCursor(list, { values: [last.id ?? null], rows: [] }) : null
  return replyWith(c, { status: 200, data: shown.map(show), more: { next }, headers: noStore })
}
