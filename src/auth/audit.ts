/**
 * The audit log of changes to accounts. Its entry is part of the write that makes the change, so neither exists without the
 * other. An entry names the change and never holds a secret.
 */
import type { JSONValue } from 'hono/utils/types'
import { createIds } from '../database/id.ts'
import { isoTime } from '../iso-time.ts'
import type { SqlRow, Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { Context } from '../request/context.ts'
import { insertEntry } from './store/audit.ts'

export const auditActions = [
  'account.created',
  'account.deleted',
  'account.disabled',
  'account.enabled',
  'role.changed',
  'email.verified',
  'email.unverified',
  'session.created',
  'session.ended',
  'sessions.ended',
  'password.changed',
  'password.reset',
  'reset.requested',
  'key.created',
  'key.revoked',
] as const

type AuditAction = (typeof auditActions)[number]

/** The user and client address behind a change. */
export interface Actor {
  /** Null for an anonymous client. */
  userId: string | null
  address: string | null
}

interface AuditEntry {
  action: AuditAction
  /** The user whose account changes. */
  subject: string
  detail?: Readonly<Record<string, unknown>>
}

export interface Audit {
  /** Returns the statement that inserts an entry. */
  entry(actor: Actor, entry: AuditEntry): Statement
}

export function createAudit({ now, random }: Pick<Platform, 'now' | 'random'>): Audit {
  const newId = createIds(now, random)
  return {
    entry: ({ userId, address }, { action, subject, detail = {} }) =>
      insertEntry(newId(), now(), userId, action, subject, address, JSON.stringify(detail)),
  }
}

export function actorOf({ env }: Context): Actor {
  return { userId: env.identity?.userId ?? null, address: env.peer?.address ?? null }
}

/** The API's form of an entry. */
export function entryOf({ id, at, actor, action, subject, address, detail }: SqlRow) {
  return {
    id: String(id),
    at: isoTime(Number(at)),
    actor: actor === null ? null : String(actor),
    action: action as AuditAction,
    subject: String(subject),
    address: address === null ? null : String(address),
    detail: JSON.parse(String(detail)) as Record<string, JSONValue>,
  }
}
