/** What administrators see and do: users, their roles and sessions, and the audit. */
import { Hono } from 'hono'
import { encodeCursor } from '../../database/cursor.ts'
import { guarded, statement } from '../../database/statement.ts'
import { AppError, invalidField } from '../../errors.ts'
import { replyWith } from '../../http/reply.ts'
import type { Results, SqlRow, SqlValue, Step } from '../../ports/database.ts'
import type { Context, Env } from '../../request/context.ts'
import { type Actor, actorOf, entryOf } from '../audit.ts'
import { endedIn } from '../credentials.ts'
import type { Dependencies } from '../dependencies.ts'
import { deleteKeys } from '../store/keys.ts'
import { deleteSessions } from '../store/sessions.ts'
import { findById, listUsers, stillAdmin, stillIn, updateUser, userOf } from '../store/users.ts'
import { adminOf, readBody, readQuery, unstored } from './request.ts'
import { auditQuerySchema, userChangeSchema, usersQuerySchema } from './schemas.ts'

const noUser = { error: 'not_found', message: 'There is no such user.' } as const

/** Of a user whose role changes. */
const credentialsSql = `select credentialId from (
  select id as credentialId from galley_logins where userId = ? union all
  select id as credentialId from galley_keys where userId = ?) where ? <> ?`

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
    const steps = [stillIn(identity), stillAdmin(identity), ...changing(idOf(c), change, actorOf(c))]
    let changed: string[] = []
    const response = await commit(c, steps, (results) => {
      changed = endedIn(results)
      return { status: 200, data: userOf(results[3]?.[0] ?? {}), headers: unstored }
    })
    credentials.forget(changed)
    return response
  }

  /** Who is disabled has nothing left to come in with. Who has another role begins anew: live sessions know the old one. */
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
    return [...states, ...noting(id, { role, disabled }, actor)]
  }

  /** Only what is not as it was before. */
  function noting(subject: string, { role, disabled }: Change, actor: Actor): Step[] {
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

  async function endSessions(c: Context): Promise<Response> {
    const identity = adminOf(c)
    const id = idOf(c)
    const steps = [
      stillIn(identity),
      stillAdmin(identity),
      guarded(noUser, 'select id as user from galley_users where id = ?', id),
      deleteSessions(id),
      audit.entry(actorOf(c), { action: 'sessions.ended', subject: id }),
    ]
    let ended: string[] = []
    const response = await commit(c, steps, (results) => {
      ended = endedIn(results)
      return { status: 204, headers: unstored }
    })
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

/** The user as it was before, which the third statement read. */
function before(earlier: Results): SqlRow {
  return earlier[2]?.[0] ?? {}
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
