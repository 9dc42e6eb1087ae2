/**
 * Pages of rows, found by key and never by offset, so the thousandth page costs no more than the first.
 * Every sort ends in `createdAt, id`, which makes it total and matches the last columns of each index.
 */

import type { CursorKey } from '../database/cursor.ts'
import { andThen, type Database, type SqlRow, type Statement } from '../ports/database.ts'
import { type Condition, whereOf } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'
import { type FieldSelection, fieldNames } from './field-selection.ts'
import { filterConditions } from './filter-query.ts'
import type { ListQuery } from './list-query.ts'
import { afterCondition, cursorAfter, findKey, keyOf } from './page-end.ts'
import { selectColumns, selectOf } from './statements.ts'

/** Counting stops at this number, which then means "this many or more". */
export const countMax = 10_000
/** A page ends early once the texts of its rows have this many characters; `next` continues after it. */
export const pageLengthMax = 4 * 1024 * 1024

/** A query restricted to the rows that the caller may read. */
export interface AllowedQuery extends ListQuery {
  /** Null for all rows. */
  only: Condition | null
}

/** A page of stored rows. */
export interface Page {
  rows: SqlRow[]
  /** The cursor of the next page; null for the last page. */
  next: string | null
}

/** Reads a page: with one statement where its rows cannot be large, else in blocks until it is long enough. */
export function readPage(database: Database, collection: AnyCollection, query: AllowedQuery): Page | Promise<Page> {
  const block = rowsAtOnce(collection, query.fields)
  const { sort } = query
  const rows: SqlRow[] = []
  let length = 0

  function readBlock(after: CursorKey | null): Page | Promise<Page> {
    const limit = Math.min(block, query.limit - rows.length)
    return andThen(database.read(listStatement(collection, { ...query, limit, after })), (found) => {
      rows.push(...found.slice(0, limit))
      const last = rows.at(-1)
      if (!last || found.length <= limit) return { rows, next: null }
      if (limit === block) length += lengthOf(found)
      if (rows.length < query.limit && length < pageLengthMax) return readBlock({ values: keyOf(last, sort), rows: [] })
      return { rows, next: cursorAfter(rows, sort, query.after) }
    })
  }

  return andThen(findKey(database, collection, query), readBlock)
}

/** The number of rows of which one statement may return all, however long they are. */
export function rowsAtOnce({ fields }: AnyCollection, selected: FieldSelection): number {
  let bytes = 0
  for (const [name, { column }] of Object.entries(fields as Fields))
    if (selected === null || selected.includes(name)) bytes += column.bytesMax
  return Math.max(1, Math.floor(pageLengthMax / (bytes + 1)))
}

function lengthOf(rows: readonly SqlRow[]): number {
  let length = 0
  for (const row of rows) for (const value of Object.values(row)) if (typeof value === 'string') length += value.length
  return length
}

/** Reads one page and one more row, which shows whether there is a next page. */
export function listStatement(collection: AnyCollection, query: AllowedQuery): Statement {
  const { limit, sort, after } = query
  const conditions = [...conditionsOf(collection, query), ...(after ? [afterCondition(sort, after)] : [])]
  const where = whereOf(conditions)
  const order = sort.map(({ field, descending }) => `"${field}" ${descending ? 'desc' : 'asc'}`)
  const sql = `${selectFor(collection, query)}${where.sql} order by ${order.join()} limit ?`
  return { sql, parameters: [...where.values, limit + 1] }
}

function selectFor(collection: AnyCollection, query: AllowedQuery): string {
  return query.fields === null ? selectOf(collection) : selectColumns(collection, selectedColumns(collection, query))
}

/** The columns of the response and those of the sort, for the cursor. */
export function selectedColumns(collection: AnyCollection, { fields, sort }: AllowedQuery): readonly string[] {
  return fields === null ? fieldNames(collection) : [...new Set([...fields, ...sort.map(({ field }) => field)])]
}

/** Counts the matching rows, up to `countMax`. */
export function countStatement(collection: AnyCollection, query: AllowedQuery): Statement {
  const { sql, values } = whereOf(conditionsOf(collection, query))
  return {
    sql: `select count(*) as count from (select 1 from "${collection.name}"${sql} limit ${countMax})`,
    parameters: values,
  }
}

/** The conditions of a query on the rows that the caller may read. */
export function conditionsOf({ name }: AnyCollection, query: AllowedQuery): Condition[] {
  const conditions = filterConditions(name, query)
  return query.only === null ? conditions : [...conditions, query.only]
}
