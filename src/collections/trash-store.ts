/** The trash: deleted rows as JSON, in one table for all collections. */
import { guarded, statement } from '../database/steps.ts'
import type { GuardedStatement, SqlRow, SqlValue, Statement } from '../ports/database.ts'
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'
import type { SystemFields } from './row-types.ts'
import { idTaken, notFound } from './statements.ts'

/** A row as it was deleted, with the fields that are declared now. */
export type TrashedRow = SystemFields & Record<string, unknown>

/** A field that was declared later has its default. */
export function trashedRowOf({ fields }: AnyCollection, stored: SqlRow): TrashedRow {
  const { id, createdAt, version, ...values } = JSON.parse(String(stored.row)) as TrashedRow
  const row: Record<string, unknown> = { id }
  for (const [name, { column }] of Object.entries(fields as Fields))
    row[name] = Object.hasOwn(values, name) ? values[name] : column.decode(column.default)
  return { ...row, id, createdAt, version }
}

/** Bytes of rows after which a page ends; it has one row at least. */
const pageBytesMax = 4_000_000

/** Collection, id, time, user, the deletion, whether the row is its root, and the row. */
export function insertTrashed(...values: readonly SqlValue[]): Statement {
  return statement(
    `insert or replace into galley_trash (collection, id, deletedAt, deletedBy, deletion, isRoot, row)
      values (?, ?, ?, ?, ?, ?, ?)`,
    ...values,
  )
}

/** Fails while a row with this id is in the trash, because it could not be restored any more. */
export function requireNotTrashed({ name }: AnyCollection, id: string): GuardedStatement {
  const sql = 'select 1 as free where not exists (select 1 from galley_trash where collection = ? and id = ?)'
  return guarded(idTaken, sql, name, id)
}

export function requireTrashed(collection: AnyCollection, id: string): GuardedStatement {
  const sql = 'select deletion, isRoot from galley_trash where collection = ? and id = ?'
  return guarded(notFound(collection), sql, collection.name, id)
}

export function findTrashed({ name }: AnyCollection, id: string): Statement {
  return statement('select row from galley_trash where collection = ? and id = ?', name, id)
}

/** Takes a row out of the trash, if it is there. */
export function takeTrashed({ name }: AnyCollection, id: string): Statement {
  return statement('delete from galley_trash where collection = ? and id = ? returning collection, id, row', name, id)
}

/** Finds the rows of one deletion, in the order opposite to that in which they were deleted. */
export function deletedTogether(deletion: SqlValue): Statement {
  return statement('select collection, id from galley_trash where deletion = ? order by number desc', deletion)
}

/**
 * Lists rows of a collection, the newest deletion first, from before a time and number; `found` is their number without the bound
 * of bytes.
 */
export function listTrashed(name: string, [deletedAt, number]: readonly [number, number], limit: number): Statement {
  return statement(
    `select trashed.number, deletedAt, deletedBy, row, found from (
      select number, count(*) over () as found, sum(octet_length(row)) over (
        order by deletedAt desc, number desc rows between unbounded preceding and 1 preceding
      ) as before
      from galley_trash where collection = ? and (deletedAt, number) < (?, ?) order by deletedAt desc, number desc limit ?
    ) page join galley_trash trashed on trashed.number = page.number
    where before is null or before < ? order by deletedAt desc, trashed.number desc`,
    name,
    deletedAt,
    number,
    limit,
    pageBytesMax,
  )
}

/** Deletes the rows of one deletion for good, and returns their collections and ids. */
export function purgeTogether(deletion: SqlValue): Statement {
  return statement('delete from galley_trash where deletion = ? returning collection, id', deletion)
}

/** Deletes some rows of a collection that were deleted before `ms` for good, and returns their collections and ids. */
export function purgeOld(name: string, ms: number, limit: number): Statement {
  return statement(
    `delete from galley_trash where number in (
      select number from galley_trash where collection = ? and deletedAt < ? limit ?
    ) returning collection, id`,
    name,
    ms,
    limit,
  )
}

/** The next collection by name that has rows in the trash. */
export function trashAfter(name: string): Statement {
  return statement('select min(collection) as name from galley_trash where collection > ?', name)
}

/** The time of the oldest deletion in a collection's trash. */
export function oldestTrashed(name: string): Statement {
  return statement('select min(deletedAt) as ms from galley_trash where collection = ?', name)
}
