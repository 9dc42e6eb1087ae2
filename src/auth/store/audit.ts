/** The audit log. */
import { statement } from '../../database/steps.ts'
import type { SqlValue, Statement } from '../../ports/database.ts'

/** Inserts an entry: id, time, actor, action, subject, address and detail as JSON. */
export function insertEntry(...values: readonly SqlValue[]): Statement {
  return statement(
    'insert into galley_audit (id, at, actor, action, subject, address, detail) values (?, ?, ?, ?, ?, ?, ?)',
    ...values,
  )
}

export interface EntryFilter {
  before: string | undefined
  actor: string | undefined
  subject: string | undefined
}

/** Lists entries, newest first. */
export function listEntries({ before, actor, subject }: EntryFilter, limit: number): Statement {
  const bounds: [string, SqlValue | undefined][] = [
    ['id < ?', before],
    ['actor = ?', actor],
    ['subject = ?', subject],
  ]
  const given = bounds.filter((bound): bound is [string, SqlValue] => bound[1] !== undefined)
  const where = given.length === 0 ? '' : `where ${given.map(([sql]) => sql).join(' and ')}`
  return statement(
    `select id, at, actor, action, subject, address, detail from galley_audit ${where} order by id desc limit ?`,
    ...given.map(([, value]) => value),
    limit,
  )
}

/** Deletes some entries from before `ms`, a row for each. */
export function deleteOldEntries(ms: number, limit: number): Statement {
  return statement(
    `delete from galley_audit where id in (select id from galley_audit where at < ? limit ?) returning 1 as gone`,
    ms,
    limit,
  )
}
