/** Routes for administrators: users, their roles and sessions, and the audit log. */
import { createRoute, z } from '@hono/zod-openapi'
import { decodeCursor, encodeCursor } from '../../database/cursor.ts'
import { guarded, statement } from '../../database/statement.ts'
import { AppError, invalidField } from '../../errors.ts'
import { body, failures, noContent, page, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import type { Results, SqlRow, SqlValue, Step } from '../../ports/database.ts'
import type { Context } from '../../request/context.ts'
import { type Actor, actorOf, entryOf } from '../audit.ts'
import { endedIn } from '../credentials.ts'
import type { AuthDependencies } from '../dependencies.ts'
import { deleteKeys } from '../store/keys.ts'
import { deleteSessions } from '../store/sessions.ts'
import { findById, listUsers, stillAdmin, stillValid, updateUser, userOf } from '../store/users.ts'
import { identityOf, noStore, requireAdministrator } from './guards.ts'
import { auditEntry, id, user } from './resources.ts'
import { auditQuerySchema, userChangeSchema, usersQuerySchema } from './schemas.ts'

const listUsersRoute = createRoute({
  method: 'get',
  path: '/users',
  tags: ['administration'],
  operationId: 'listUsers',
  summary: 'List all users',
  middleware: [requireAdministrator],
  request: { query: usersQuerySchema },
  responses: { 200: page(user), ...failures(400, 401, 403) },
})

const getUserRoute = createRoute({
  method: 'get',
  path: '/users/{id}',
  tags: ['administration'],
  operationId: 'getUser',
  summary: 'Get one user',
  middleware: [requireAdministrator],
  request: { params: z.object({ id }) },
  responses: { 200: success(200, user), ...failures(401, 403, 404) },
})

const changeUserRoute = createRoute({
  method: 'patch',
  path: '/users/{id}',
  tags: ['administration'],
  operationId: 'changeUser',
  summary: 'Change the role, disable or enable the account',
  middleware: [requireAdministrator],
  request: { params: z.object({ id }), body: body(userChangeSchema) },
  responses: { 200: success(200, user), ...failures(400, 401, 403, 404, 409) },
})

const endSessionsRoute = createRoute({
  method: 'delete',
  path: '/users/{id}/sessions',
  tags: ['administration'],
  operationId: 'endSessions',
  summary: 'End all sessions of a user',
  middleware: [requireAdministrator],
  request: { params: z.object({ id }) },
  responses: { ...noContent, ...failures(401, 403, 404) },
})

const readAuditRoute = createRoute({
  method: 'get',
  path: '/audit',
  tags: ['administration'],
  operationId: 'readAudit',
  summary: 'List the changes to accounts, newest first',
  middleware: [requireAdministrator],
  request: { query: auditQuerySchema },
  responses: { 200: page(auditEntry), ...failures(400, 401, 403) },
})

const noUser = { error: 'not_found', message: 'There is no such user.' } as const

/** Of a user whose role changes. */
const credentialsSql = `select credentialId from (
  select id as credentialId from galley_logins where userId = ? union all
  select id as credentialId from galley_keys where userId = ?) where ? <> ?`

type Change = z.output<typeof userChangeSchema>

export function createAdministrationRoutes({ database, commit, audit, credentials, now }: AuthDependencies) {
  async function users(c: Context, { limit, cursor }: z.output<typeof usersQuerySchema>) {
    const rows = await database.read(listUsers(idAfter(cursor, 'users') ?? '', limit + 1))
    return answerPage(c, rows, limit, 'users', userOf)
  }

  async function getUser(c: Context, id: string) {
    const [row] = await database.read(findById(id))
    if (row === undefined) throw new AppError(noUser.error, noUser.message)
    return replyWith(c, { status: 200, data: userOf(row), headers: noStore })
  }

  async function changeUser(c: Context, id: string, change: Change) {
    const identity = identityOf(c)
    if (change.role === undefined && change.disabled === undefined) {
      throw invalidField('', 'empty', 'Give `role`, `disabled` or both.')
    }
    const steps = [stillValid(identity), stillAdmin(identity), ...changing(id, change, actorOf(c))]
    let changed: string[] = []
    const response = await commit(c, steps, (results) => {
      changed = endedIn(results)
      return { status: 200, data: userOf(results[3]?.[0] ?? {}), headers: noStore }
    })
    credentials.invalidate(changed)
    return response
  }

  /** Disabling an account ends all its credentials. A new role invalidates cached identities and ends live connections, which know the old role. */
  function changing(id: string, { role, disabled }: Change, actor: Actor): Step[] {
    const ms = now()
    const states: Step[] = [
      guarded(noUser, 'select id, email, role, createdAt, disabledAt from galley_users where id = ?', id),
      (earlier) => {
        const row = before(earlier)
        const since = disabled === undefined ? row.disabledAt : disabled ? (row.disabledAt ?? ms) : null
        return updateUser(id, role ?? String(row.role), since as number | null)
      },
      ...(disabled === true
        ? [deleteSessions(id), deleteKeys(id), statement('delete from galley_resets where userId = ?', id)]
        : [(earlier: Results) => statement(credentialsSql, id, id, role ?? null, before(earlier).role ?? null)]),
    ]
    return [...states, ...auditing(id, { role, disabled }, actor)]
  }

  /** Audits only real changes. */
  function auditing(subject: string, { role, disabled }: Change, actor: Actor): Step[] {
    const steps: Step[] = []
    if (role !== undefined) {
      steps.push((earlier) => {
        const { role: from = null } = before(earlier)
        const entry = { action: 'role.changed', subject, detail: { from, to: role } } as const
        return audit.entry(actor, entry, { sql: '? <> ?', parameters: [from, role] })
      })
    }
    if (disabled !== undefined) {
      const action = disabled ? 'account.disabled' : 'account.enabled'
      steps.push((earlier) => {
        const was = before(earlier).disabledAt === null ? 0 : 1
        return audit.entry(actor, { action, subject }, { sql: '? <> ?', parameters: [was, disabled ? 1 : 0] })
      })
    }
    return steps
  }

  async function endSessions(c: Context, id: string) {
    const identity = identityOf(c)
    const steps = [
      stillValid(identity),
      stillAdmin(identity),
      guarded(noUser, 'select id as user from galley_users where id = ?', id),
      deleteSessions(id),
      audit.entry(actorOf(c), { action: 'sessions.ended', subject: id }),
    ]
    let ended: string[] = []
    const response = await commit(c, steps, (results) => {
      ended = endedIn(results)
      return { status: 204, headers: noStore }
    })
    credentials.invalidate(ended)
    return response
  }

  async function readAudit(c: Context, { limit, cursor, actor, subject }: z.output<typeof auditQuerySchema>) {
    const bounds: [string, SqlValue | undefined][] = [
      ['id < ?', idAfter(cursor, 'audit')],
      ['actor = ?', actor],
      ['subject = ?', subject],
    ]
    const given = bounds.filter((bound): bound is [string, SqlValue] => bound[1] !== undefined)
    const where = given.length === 0 ? '' : `where ${given.map(([sql]) => sql).join(' and ')}`
    const sql = `select id, at, actor, action, subject, address, detail from galley_audit ${where} order by id desc limit ?`
    const rows = await database.read(statement(sql, ...given.map(([, value]) => value), limit + 1))
    return answerPage(c, rows, limit, 'audit', entryOf)
  }

  return new ValidatedRoutes()
    .openapi(listUsersRoute, (c) => users(c, c.req.valid('query')))
    .openapi(getUserRoute, (c) => getUser(c, c.req.param('id')))
    .openapi(changeUserRoute, (c) => changeUser(c, c.req.param('id'), c.req.valid('json')))
    .openapi(endSessionsRoute, (c) => endSessions(c, c.req.param('id')))
    .openapi(readAuditRoute, (c) => readAudit(c, c.req.valid('query')))
}

/** The id after which the page begins; undefined for the first page. @throws AppError `validation_failed` */
function idAfter(cursor: string | undefined, list: string): string | undefined {
  return cursor === undefined ? undefined : String(decodeCursor(cursor, list, 1)[0])
}

/** The user as it was before, which the third statement read. */
function before(earlier: Results): SqlRow {
  return earlier[2]?.[0] ?? {}
}

function answerPage<Row>(c: Context, rows: readonly SqlRow[], limit: number, list: string, show: (row: SqlRow) => Row) {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const next = rows.length > limit && last !== undefined ? encodeCursor(list, [last.id ?? null]) : null
  return replyWith(c, { status: 200, data: shown.map(show), more: { next }, headers: noStore })
}
