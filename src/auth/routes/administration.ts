/** What administrators see and do: users, their roles and sessions, and the audit. */
import { Hono } from 'hono'
import { encodeCursor } from '../../database/cursor.ts'
import { guarded, statement } from '../../database/statement.ts'
import { one, runAll } from '../../database/steps.ts'
import { AppError, invalidField } from '../../errors.ts'
import { replyWith } from '../../http/reply.ts'
import type { SqlRow, SqlValue, Statement, Steps } from '../../ports/database.ts'
import type { Context, Env } from '../../request/context.ts'
import type { Identity } from '../../request/identity.ts'
import { type Actor, actorOf, entryOf } from '../audit.ts'
import { endedIn } from '../credentials.ts'
import type { Dependencies } from '../dependencies.ts'
import { deleteKeys } from '../store/keys.ts'
import { deleteSessions } from '../store/sessions.ts'
import { findById, listUsers, stillAdmin, stillIn, type User, updateUser, userOf } from '../store/users.ts'
import { adminOf, readBody, readQuery, unstored } from './request.ts'
import { auditQuerySchema, userChangeSchema, usersQuerySchema } from './schemas.ts'

const noUser = { error: 'not_found', message: 'There is no such user.' } as const

/** Of a user whose role changes. */
const credentialsSql = `select credentialId from (
  select id as credentialId from galley_logins where userId = ? union all
  select id as credentialId from galley_keys where userId = ?)`

interface Change {
  role?: string | undefined
  disabled?: boolean | undefined
}

export function createAdministrationRoutes({ database, commit, audit, credentials, now }: Dependencies): Hono<Env> {
  async function users(c: Context): Promise<Response> {
    adminOf(c)
    const { limit, after } = readQuery(c, usersQuerySchema, 'users')
    const rows = await database.read(listUsers(after ?? '', limit + 1))
    return answerPage(c, rows, limit, 'users', userOf)
  }

  async function user(c: Context): Promise<Response> {
    adminOf(c)
    const [row] = await database.read(findById(idOf(c)))
    if (row === undefined) throw new AppError(noUser.error, noUser.message)
    return replyWith(c, { status: 200, data: userOf(row), headers: unstored })
  }

  async function changeUser(c: Context): Promise<Response> {
    const identity = adminOf(c)
    const change = await readBody(c, userChangeSchema)
    if (change.role === undefined && change.disabled === undefined) {
      throw invalidField('', 'empty', 'Give a role, or whether the account is disabled.')
    }
    let changed: string[] = []
    const response = await commit(
      c,
      () => changing(identity, idOf(c), change, actorOf(c)),
      ({ user, ended }) => {
        changed = ended
        return { status: 200, data: user, headers: unstored }
      },
    )
    credentials.forget(changed)
    return response
  }

  /** Ends the sessions of a disabled user. A user with another role starts anew: live connections know the old one. */
  function* changing(
    identity: Identity,
    id: string,
    change: Change,
    actor: Actor,
  ): Steps<{ user: User; ended: string[] }> {
    const { role, disabled } = change
    yield [stillIn(identity), stillAdmin(identity)]
    const before = yield* one(
      guarded(noUser, 'select id, email, role, createdAt, disabledAt from galley_users where id = ?', id),
    )
    const since = disabled === undefined ? before.disabledAt : disabled ? (before.disabledAt ?? now()) : null
    const row = yield* one(updateUser(id, role ?? String(before.role), since as number | null))
    const ended =
      disabled === true
        ? yield [deleteSessions(id), deleteKeys(id), statement('delete from galley_resets where userId = ?', id)]
        : role === undefined || role === before.role
          ? []
          : yield [statement(credentialsSql, id, id)]
    yield entriesOf(id, change, before, actor)
    return { user: userOf(row), ended: endedIn(ended) }
  }

  /** The audit entries of a change: only of values that differ from before. */
  function entriesOf(subject: string, { role, disabled }: Change, before: SqlRow, actor: Actor): Statement[] {
    const statements: Statement[] = []
    if (role !== undefined && role !== before.role) {
      statements.push(audit.entry(actor, { action: 'role.changed', subject, detail: { from: before.role, to: role } }))
    }
    if (disabled !== undefined && disabled !== (before.disabledAt !== null)) {
      const action = disabled ? 'account.disabled' : 'account.enabled'
      statements.push(audit.entry(actor, { action, subject }))
    }
    return statements
  }

  async function endSessions(c: Context): Promise<Response> {
    const identity = adminOf(c)
    const id = idOf(c)
    const statements = [
      stillIn(identity),
      stillAdmin(identity),
      guarded(noUser, 'select id as user from galley_users where id = ?', id),
      deleteSessions(id),
      audit.entry(actorOf(c), { action: 'sessions.ended', subject: id }),
    ]
    let ended: string[] = []
    const response = await commit(
      c,
      () => runAll(...statements),
      (results) => {
        ended = endedIn(results)
        return { status: 204, headers: unstored }
      },
    )
    credentials.forget(ended)
    return response
  }

  async function readAudit(c: Context): Promise<Response> {
    adminOf(c)
    const { limit, after, actor, subject } = readQuery(c, auditQuerySchema, 'audit')
    const bounds: [string, SqlValue | undefined][] = [
      ['id < ?', after ?? undefined],
      ['actor = ?', actor],
      ['subject = ?', subject],
    ]
    const given = bounds.filter((bound): bound is [string, SqlValue] => bound[1] !== undefined)
    const where = given.length === 0 ? '' : `where ${given.map(([sql]) => sql).join(' and ')}`
    const sql = `select id, at, actor, action, subject, address, detail from galley_audit ${where} order by id desc limit ?`
    const rows = await database.read(statement(sql, ...given.map(([, value]) => value), limit + 1))
    return answerPage(c, rows, limit, 'audit', entryOf)
  }

  return new Hono<Env>()
    .get('/users', users)
    .get('/users/:id', user)
    .patch('/users/:id', changeUser)
    .delete('/users/:id/sessions', endSessions)
    .get('/audit', readAudit)
}

function idOf(c: Context): string {
  return c.req.param('id') ?? ''
}

function answerPage(
  c: Context,
  rows: readonly SqlRow[],
  limit: number,
  sort: string,
  show: (row: SqlRow) => unknown,
): Response {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next = rows.length > limit && last !== undefined ? encodeCursor(sort, [last.id ?? null]) : null
  return replyWith(c, { status: 200, data: page.map(show), more: { next }, headers: unstored })
}
