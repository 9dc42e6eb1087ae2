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
import { type FilterSet, filterConditions } from './filter-query.ts'
import type { Index } from './indexes.ts'
import type { ListQuery, SortTerm } from './list-query.ts'
import { afterCondition, cursorAfter, findKey, keyOf, untilCondition } from './page-end.ts'
import {
  type Plan,
  planPage,
  planRows,
  scanEnd,
  scanRowsMax,
  servedConditions,
  servedRows,
  tooManyRows,
} from './query-plan.ts'
import { rowSource } from './row-source.ts'
import { columnList, quoted } from './statements.ts'

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
  /** True if its rows had to be looked for, because no index serves the query. */
  isScan?: boolean
}

/** Reads a page: with one statement where its rows cannot be large, else in blocks until it is long enough. */
export function readPage(database: Database, collection: AnyCollection, query: AllowedQuery): Page | Promise<Page> {
  const { sort } = query
  const conditions = conditionsOf(collection, query)
  return andThen(planPage(database, collection, conditions, sort), (plan) => {
    const page = andThen(findKey(database, collection, query), (after) => {
      if (!plan.isScan || plan.index === null)
        return readBlocks(database, collection, query, { after, conditions, index: plan.index, end: null })
      const served = [...servedConditions(plan.index, conditions), ...afterKey(sort, after)]
      return andThen(database.read(scanEnd(collection, plan.index, served, sort)), ([end = null]) =>
        readBlocks(database, collection, query, { after, conditions, index: plan.index, end }),
      )
    })
    return plan.isServed ? page : andThen(page, (found) => ({ ...found, isScan: true }))
  })
}

/** The part of a list that a page reads. */
interface PageRange {
  after: CursorKey | null
  conditions: readonly Condition[]
  index: Index | null
  /** The row at which the page ends, though there may be more; null where it may go on to the last row. */
  end: SqlRow | null
}

function readBlocks(
  database: Database,
  collection: AnyCollection,
  query: AllowedQuery,
  range: PageRange,
): Page | Promise<Page> {
  const block = rowsAtOnce(collection, query.fields)
  const { sort } = query
  const { end } = range
  const rows: SqlRow[] = []
  let length = 0

  function readBlock(after: CursorKey | null): Page | Promise<Page> {
    const limit = Math.min(block, query.limit - rows.length)
    return andThen(database.read(listStatement(collection, { ...query, limit }, { ...range, after })), (found) => {
      rows.push(...found.slice(0, limit))
      const last = rows.at(-1)
      if (!last || found.length <= limit) return { rows, next: end && cursorAfter([end], sort, null) }
      if (limit === block) length += lengthOf(found)
      if (rows.length < query.limit && length < pageLengthMax) return readBlock({ values: keyOf(last, sort), rows: [] })
      return { rows, next: cursorAfter(rows, sort, query.after) }
    })
  }

  return readBlock(range.after)
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
export function listStatement(
  collection: AnyCollection,
  query: AllowedQuery,
  { after, conditions, index, end }: PageRange = {
    after: query.after,
    conditions: conditionsOf(collection, query),
    index: null,
    end: null,
  },
): Statement {
  const { limit, sort } = query
  const source = rowSource(collection, index, conditions, sort)
  const upTo = end === null ? [] : [untilCondition(source.sort, keyOf(end, sort))]
  const where = whereOf([...source.conditions, ...afterKey(source.sort, after), ...upTo])
  const order = source.sort.map(({ field, descending }) => `"${field}" ${descending ? 'desc' : 'asc'}`)
  const columns = query.fields === null ? columnList(collection) : quoted(selectedColumns(collection, query))
  const sql = `select ${columns} from ${source.from}${where.sql} order by ${order.join()} limit ?`
  return { sql, parameters: [...where.values, limit + 1] }
}

function afterKey(sort: readonly SortTerm[], after: CursorKey | null): Condition[] {
  return after === null ? [] : [afterCondition(sort, after)]
}

/** The columns of the response and those of the sort, for the cursor. */
export function selectedColumns(collection: AnyCollection, { fields, sort }: AllowedQuery): readonly string[] {
  return fields === null ? fieldNames(collection) : [...new Set([...fields, ...sort.map(({ field }) => field)])]
}

/** Counts the matching rows, up to `countMax`. @throws AppError `validation_failed` when that would read too many rows */
export function countRows(
  database: Database,
  collection: AnyCollection,
  query: AllowedQuery,
): number | Promise<number> {
  const conditions = conditionsOf(collection, query)
  const plan = servedRows(collection, conditions) ?? planRows(database, collection, conditions, scanRowsMax)
  return andThen(plan, (found) => {
    if (found === null) throw tooManyRows('count', scanRowsMax)
    return andThen(database.read(countStatement(collection, conditions, found)), ([row]) => Number(row?.count))
  })
}

function countStatement(collection: AnyCollection, conditions: readonly Condition[], { index }: Plan): Statement {
  const source = rowSource(collection, index, conditions)
  const { sql, values } = whereOf(source.conditions)
  return {
    sql: `select count(*) as count from (select 1 from ${source.from}${sql} limit ${countMax})`,
    parameters: values,
  }
}

/** The conditions of a query on the rows that the caller may read. */
export function conditionsOf(
  { name }: AnyCollection,
  { only, ...filters }: FilterSet & { only: Condition | null },
): readonly Condition[] {
  const conditions = filterConditions(name, filters)
  return only === null ? conditions : [...conditions, ...withoutRepeats(conditions, only.parts ?? [only])]
}

/** A list may have to contain two ids, of which an index serves one. */
function withoutRepeats(conditions: readonly Condition[], others: readonly Condition[]): readonly Condition[] {
  return others.map((other) => {
    const isRepeat =
      other.compares?.isElement && conditions.some(({ compares }) => compares?.field === other.compares?.field)
    return isRepeat ? { sql: other.sql, values: other.values } : other
  })
}
