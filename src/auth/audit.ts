/**
 * What was done to accounts: a row rides in the write of each change, so that one exists if and only if the other does.
 * It names what changed and never holds a secret.
 */
import { createIds } from '../database/id.ts'
import { statement } from '../database/statement.ts'
import { isoTime } from '../iso-time.ts'
import type { SqlRow, SqlValue, Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { Context } from '../request/context.ts'

export const auditActions = [
  'account.created',
  'account.deleted',
  'account.disabled',
  'account.enabled',
  'role.changed',
  'session.created',
  'session.ended',
  'sessions.ended',
  'password.changed',
  'password.reset',
  'reset.requested',
  'key.created',
  'key.revoked',
] as const

export type AuditAction = (typeof auditActions)[number]

/** Who does something, and from where. */
export interface Actor {
  /** A user's id; null for nobody who has signed in. */
  userId: string | null
  address: string | null
}

export interface AuditEntry {
  action: AuditAction
  /** The user to whom it is done. */
  subject: string
  detail?: Readonly<Record<string, unknown>>
}

export interface Audit {
  /** The statement that writes an entry down; with `when`, an SQL condition on no table, only if that holds. */
  entry(actor: Actor, entry: AuditEntry, when?: { sql: string; parameters: readonly SqlValue[] }): Statement
}

export function createAudit({ now, random }: Pick<Platform, 'now' | 'random'>): Audit {
  const newId = createIds(now, random)
  return {
    entry({ userId, address }, { action, subject, detail = {} }, when = { sql: 'true', parameters: [] }) {
      const values = [newId(), now(), userId, action, subject, address, JSON.stringify(detail)]
      return statement(`${insertSql} where ${when.sql}`, ...values, ...when.parameters)
    },
  }
}

const insertSql = `insert into galley_audit (id, at, actor, action, subject, address, detail)
  select ?, ?, ?, ?, ?, ?, ?`

export function actorOf({ env }: Context): Actor {
  return { userId: env.identity?.userId ?? null, address: env.peer?.address ?? null }
}

/** An entry as the API gives it. */
export function entryOf({ id, at, actor, action, subject, address, detail }: SqlRow) {
  const known = JSON.parse(String(detail)) as Record<string, unknown>
  return { id, at: isoTime(Number(at)), actor, action, subject, address, detail: known }
}
