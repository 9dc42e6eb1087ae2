/** The histories of rows, in one table for all collections. Entries of a row have the numbers 1, 2, 3 … */
import { run, statement } from '../database/steps.ts'
import type { SqlValue, Statement, Steps } from '../ports/database.ts'

/** Entries of one row; the oldest go first. */
const entriesMax = 1000

const newest = '(select max(number) from galley_history where collection = ? and id = ?)'
const insertSql = `insert into galley_history (collection, id, number, version, at, actor, action, moves, changes)
  values (?, ?, coalesce(${newest}, 0) + 1, ?, ?, ?, ?, ?, ?)`
const trimSql = `delete from galley_history where collection = ? and id = ? and number <= ${newest} - ${entriesMax}`

/** Appends an entry: version, time, actor, action, moves and changes as JSON. */
export function appendEntry(name: string, id: string, ...values: readonly SqlValue[]): Statement[] {
  return [statement(insertSql, name, id, name, id, ...values), statement(trimSql, name, id, name, id)]
}

/** Marks the entries of a row that is deleted for good: nobody reads them from then on, and the cleanup deletes them. */
export function markGone(name: SqlValue, id: SqlValue): Statement {
  return statement(
    `insert into galley_history_gone (collection, id, number)
      select collection, id, max(number) from galley_history where collection = ? and id = ? group by collection, id
      on conflict (collection, id) do update set number = excluded.number`,
    name,
    id,
  )
}

const readable = `collection = ? and id = ? and version between ? and ? and number > coalesce(
  (select number from galley_history_gone where collection = ? and id = ?), 0)`

/** A row as it was read: entries that came later are not listed. */
export interface RowState {
  name: string
  id: string
  /** Its first version at the earliest: a row that had its id before had lower ones. */
  createdMs: number
  version: number
}

function valuesOf({ name, id, createdMs, version }: RowState): SqlValue[] {
  return [name, id, createdMs, version, name, id]
}

/** Lists entries, the newest first. */
export function listEntries(row: RowState, after: number, before: number, limit: number): Statement {
  return statement(
    `select number, version, at, actor, action, changes from galley_history
      where ${readable} and number > ? and number < ? order by number desc limit ?`,
    ...valuesOf(row),
    after,
    before,
    limit,
  )
}

/** Lists the changes of short values, the newest first. */
export function listMoves(row: RowState): Statement {
  return statement(
    `select number, moves from galley_history where ${readable} and moves is not null order by number desc`,
    ...valuesOf(row),
  )
}

const someGone = 'select collection, id, number from galley_history_gone order by collection, id limit ?'
const deleteGoneSql = `delete from galley_history where (collection, id, number) in (
    select entry.collection, entry.id, entry.number from (${someGone}) gone
      cross join galley_history entry on entry.collection = gone.collection and entry.id = gone.id
    where entry.number <= gone.number limit ?
  ) returning 1 as gone`
const unmarkSql = `delete from galley_history_gone where (collection, id) in (select collection, id from (${someGone}))
  returning 1 as gone`

/** Deletes some entries of rows that are gone. Returns false where there are no such rows. */
export function* deleteGone(limit: number): Steps<boolean> {
  const deleted = yield* run(statement(deleteGoneSql, limit, limit))
  if (deleted.length === limit) return true
  return (yield* run(statement(unmarkSql, limit))).length > 0
}

/** Deletes some entries of a collection from before `ms`, a row for each. */
export function deleteOldEntries(name: string, ms: number, limit: number): Statement {
  return statement(
    `delete from galley_history where (collection, id, number) in (
      select collection, id, number from galley_history where collection = ? and at < ? limit ?
    ) returning 1 as gone`,
    name,
    ms,
    limit,
  )
}

/** The next collection by name that has histories. */
export function historyAfter(name: string): Statement {
  return statement('select min(collection) as name from galley_history where collection > ?', name)
}

/** The time of the oldest entry of a collection. */
export function oldestEntry(name: string): Statement {
  return statement('select min(at) as ms from galley_history where collection = ?', name)
}
