/**
 * Pages of rows, found by key and never by offset, so the thousandth costs what the first does. Every
 * sort ends in `createdAt, id`, which makes it total and is how the index of each field goes on.
 */

import { encodeCursor } from '../database/cursor.ts'
import type { Database, SqlRow, SqlValue, Statement } from '../ports/database.ts'
import { type Condition, whereOf } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'
import { type Filter, type ListQuery, type SortTerm, sortText } from './list-query.ts'
import { andThen } from './rows.ts'
import { selectOf } from './statements.ts'

/** Counting stops here: this number means "so many or more". */
export const countMax = 10_000
/** A page ends early when the texts of its rows have so many characters; `next` goes on. */
export const pageLengthMax = 4 * 1024 * 1024

/** A list as it was asked for, of those rows that may be read; null for all. */
export interface AllowedQuery extends ListQuery {
  only: Condition | null
}

/** One page of stored rows, and the cursor that goes on after it. */
export interface Page {
  rows: SqlRow[]
  next: string | null
}

/** Reads a page, in one go where its rows can't be large, else in blocks until it is long enough. */
export function readPage(database: Database, collection: AnyCollection, query: AllowedQuery): Page | Promise<Page> {
  const block = rowsAtOnce(collection)
  const { sort } = query
  const rows: SqlRow[] = []
  let length = 0

  function readBlock(after: SqlValue[] | null): Page | Promise<Page> {
    const limit = Math.min(block, query.limit - rows.length)
    return andThen(database.read(listStatement(collection, { ...query, limit, after })), (found) => {
      rows.push(...found.slice(0, limit))
      const last = rows.at(-1)
      if (!last || found.length <= limit) return { rows, next: null }
      if (limit === block) length += lengthOf(found)
      if (rows.length === query.limit || length >= pageLengthMax) return { rows, next: cursorAfter(last, sort) }
      return readBlock(keyOf(last, sort))
    })
  }

  return readBlock(query.after)
}

function rowsAtOnce({ fields }: AnyCollection): number {
  const bytes = Object.values(fields as Fields).reduce((sum, { column }) => sum + column.bytesMax, 0)
  return Math.max(1, Math.floor(pageLengthMax / (bytes + 1)))
}

function lengthOf(rows: readonly SqlRow[]): number {
  let length = 0
  for (const row of rows) for (const value of Object.values(row)) if (typeof value === 'string') length += value.length
  return length
}

/** The statement that reads one page and one row more, which tells whether there is a next one. */
export function listStatement(collection: AnyCollection, query: AllowedQuery): Statement {
  const { limit, sort, after } = query
  const conditions = [...conditionsOf(query), ...(after ? [afterCondition(sort, after)] : [])]
  const where = whereOf(conditions)
  const order = sort.map(({ field, descending }) => `"${field}" ${descending ? 'desc' : 'asc'}`)
  const sql = `${selectOf(collection)}${where.sql} order by ${order.join()} limit ?`
  return { sql, parameters: [...where.values, limit + 1] }
}

/** The statement that counts what the filters let through, up to `countMax`. */
export function countStatement({ name }: AnyCollection, query: AllowedQuery): Statement {
  const { sql, values } = whereOf(conditionsOf(query))
  return {
    sql: `select count(*) as count from (select 1 from "${name}"${sql} limit ${countMax})`,
    parameters: values,
  }
}

function conditionsOf({ filters, only }: AllowedQuery): Condition[] {
  const conditions = filters.map(filterCondition)
  return only === null ? conditions : [...conditions, only]
}

/** The cursor that goes on after this stored row. */
export function cursorAfter(row: SqlRow, sort: readonly SortTerm[]): string {
  return encodeCursor(sortText(sort), keyOf(row, sort))
}

function keyOf(row: SqlRow, sort: readonly SortTerm[]): SqlValue[] {
  return sort.map(({ field }) => row[field] ?? null)
}

const comparisons = { $eq: '=', $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' } as const

function filterCondition({ field, operator, values }: Filter): Condition {
  if (operator === '$in') return { sql: `"${field}" in (${values.map(() => '?').join()})`, values }
  if (operator !== '$startsWith') return { sql: `"${field}" ${comparisons[operator]} ?`, values }
  // As a range, so that the index serves it and no pattern needs escaping.
  const [value = null] = values
  const end = prefixEnd(String(value))
  if (end === null) return { sql: `"${field}" >= ?`, values }
  return { sql: `"${field}" >= ? and "${field}" < ?`, values: [value, end] }
}

/** The least text above everything that starts with the prefix, in order of code points; null when there is none. */
export function prefixEnd(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  while (points.length > 0) {
    const last = points.pop() ?? 0
    // Surrogates are no characters: what comes after U+D7FF is U+E000.
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
  }
  return null
}

/**
 * The rows behind a key. Where all directions agree it is a comparison of rows, which an index answers
 * whole; else it is a bound on the first field, for the index, and the exact rule beside it.
 */
function afterCondition(sort: readonly SortTerm[], values: readonly SqlValue[]): Condition {
  const [first] = sort
  const [value = null] = values
  if (first && sort.some(({ descending }) => descending !== first.descending)) {
    const exact = strictlyAfter(sort, values)
    const bound = `"${first.field}" ${first.descending ? '<=' : '>='} ?`
    return { sql: `${bound} and ${exact.sql}`, values: [value, ...exact.values] }
  }
  const columns = sort.map(({ field }) => `"${field}"`).join()
  const marks = sort.map(() => '?').join()
  return { sql: `(${columns}) ${first?.descending ? '<' : '>'} (${marks})`, values }
}

/** `a > x or (a = x and (b > y or …))` */
function strictlyAfter(
  [term, ...rest]: readonly SortTerm[],
  [value = null, ...others]: readonly SqlValue[],
): Condition {
  if (!term) return { sql: 'false', values: [] }
  const beyond = `"${term.field}" ${term.descending ? '<' : '>'} ?`
  if (rest.length === 0) return { sql: beyond, values: [value] }
  const further = strictlyAfter(rest, others)
  return {
    sql: `(${beyond} or ("${term.field}" = ? and ${further.sql}))`,
    values: [value, value, ...further.values],
  }
}
