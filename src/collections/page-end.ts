/**
 * Where a page of a list ended. The next page starts after the sort key of the last row, which its cursor has. Texts of a thousand
 * characters would make the cursor longer than a request line may be. So the cursor of a long key has a cut key: only the beginning
 * of its first long text, and the ids of the last rows that were read. Where one of these is stored with the key that it had, that is
 * where the list goes on: between it and the end of the page nothing is left that was read. Where all were deleted or moved, the list
 * goes on at the first row with that beginning.
 */
import { type CursorKey, encodeCursor, type RowMark } from '../database/cursor.ts'
import { andThen, type Database, type SqlRow, type SqlValue, type Statement } from '../ports/database.ts'
import type { Condition } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import { type SortTerm, sortText } from './list-query.ts'
import { prefixEnd } from './operators.ts'

/** A third of the shortest request line that every server takes (RFC 9112 §3): filters need the rest. */
const cursorLengthMax = 2560
/** UTF-16 units of a text in a cut key. Four, as JSON escapes at worst, fit a cursor with the marks of rows. */
const cutLength = 60
/** Rows that a cursor names. */
const marksMax = 5

/** Returns the cursor that continues after the last of these rows; `earlier` is the end of the page before them. */
export function cursorAfter(rows: readonly SqlRow[], sort: readonly SortTerm[], earlier: CursorKey | null): string {
  const values = keyOf(rows.at(-1) ?? {}, sort)
  const cursor = encodeCursor(sortText(sort), { values, rows: [] })
  if (cursor.length <= cursorLengthMax) return cursor
  const marks = [...(earlier?.rows ?? []), ...rows.slice(-marksMax).map((row) => markOf(row, sort))]
  return encodeCursor(sortText(sort), { values: cut(values), rows: marks.slice(-marksMax) })
}

/** Returns the key of a row. */
export function keyOf(row: SqlRow, sort: readonly SortTerm[]): SqlValue[] {
  return sort.map(({ field }) => row[field] ?? null)
}

/** Ends the values with the beginning of the first long text. */
function cut(values: readonly SqlValue[]): SqlValue[] {
  const long = values.findIndex((value) => typeof value === 'string' && value.length > cutLength)
  // A pair of surrogates is not parted.
  const beginning = String(values[long])
    .slice(0, cutLength)
    .replace(/[\ud800-\udbff]$/, '')
  return [...values.slice(0, long), beginning]
}

function markOf(row: SqlRow, sort: readonly SortTerm[]): RowMark {
  return [String(row.id), digestOf(JSON.stringify(keyOf(row, sort)))]
}

/** FNV-1a, twice with 26 bits kept: it tells that a key has changed, and protects nothing. */
function digestOf(text: string): number {
  let [low, high] = [0x811c9dc5, 0x01000193]
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x5bd1e995) ^ (low >>> 15)
  }
  return (low >>> 6) * 2 ** 26 + (high >>> 6)
}

/** Returns the whole key of a cut one, if a row that its cursor names still has its own and may be read. */
export function findKey(
  database: Database,
  collection: AnyCollection,
  { after, sort, only }: { after: CursorKey | null; sort: readonly SortTerm[]; only: Condition | null },
): CursorKey | null | Promise<CursorKey | null> {
  if (after === null || after.rows.length === 0) return after
  return andThen(database.read(marksStatement(collection, after.rows, sort, only)), (found) => {
    const known = new Map(found.map((row) => [row.id, row]))
    const same = after.rows.findLast(([id, digest]) => {
      const row = known.get(id)
      return row !== undefined && markOf(row, sort)[1] === digest
    })
    return same === undefined ? after : { values: keyOf(known.get(same[0]) ?? {}, sort), rows: [] }
  })
}

function marksStatement(
  { name }: AnyCollection,
  marks: readonly RowMark[],
  sort: readonly SortTerm[],
  only: Condition | null,
): Statement {
  const ids = marks.slice(-marksMax).map(([id]) => id)
  const columns = sort.map(({ field }) => `"${field}"`).join()
  const more = only === null ? '' : ` and ${only.sql}`
  return {
    sql: `select ${columns} from "${name}" where "id" in (${ids.map(() => '?').join()})${more}`,
    parameters: [...ids, ...(only?.values ?? [])],
  }
}

/** Matches the rows after a key, and those that share the beginning of a cut one. */
export function afterCondition(sort: readonly SortTerm[], { values, rows }: CursorKey): Condition {
  if (rows.length === 0) return beyond(sort, values, '')
  const terms = sort.slice(0, values.length)
  if (!terms.at(-1)?.descending) return beyond(terms, values, '=')
  const end = prefixEnd(String(values.at(-1)))
  if (end !== null) return beyond(terms, [...values.slice(0, -1), end], '')
  return beyond(terms.slice(0, -1), values.slice(0, -1), '=')
}

/** Matches the rows up to a key, which it includes. The sort has one direction. */
export function untilCondition(sort: readonly SortTerm[], values: readonly SqlValue[]): Condition {
  return beyond(
    sort.map(({ field, descending }) => ({ field, descending: !descending })),
    values,
    '=',
  )
}

/**
 * Matches the rows beyond these values, with `=` also those that are equal. Where all directions agree it compares row values, which
 * an index serves completely; else it bounds the first field, for the index, and adds the exact condition.
 */
function beyond(sort: readonly SortTerm[], values: readonly SqlValue[], equal: '' | '='): Condition {
  const [first] = sort
  const [value = null] = values
  if (first === undefined) return { sql: 'true', values: [] }
  if (sort.some(({ descending }) => descending !== first.descending)) {
    const exact = nested(sort, values, equal)
    const bound = `"${first.field}" ${first.descending ? '<=' : '>='} ?`
    return { sql: `${bound} and ${exact.sql}`, values: [value, ...exact.values] }
  }
  const columns = sort.map(({ field }) => `"${field}"`).join()
  const marks = sort.map(() => '?').join()
  return { sql: `(${columns}) ${first.descending ? '<' : '>'}${equal} (${marks})`, values }
}

/** Returns `a > x or (a = x and (b > y or …))`. */
function nested(
  [term, ...rest]: readonly SortTerm[],
  [value = null, ...others]: readonly SqlValue[],
  equal: '' | '=',
): Condition {
  if (!term) return { sql: 'false', values: [] }
  const sign = term.descending ? '<' : '>'
  if (rest.length === 0) return { sql: `"${term.field}" ${sign}${equal} ?`, values: [value] }
  const further = nested(rest, others, equal)
  return {
    sql: `("${term.field}" ${sign} ? or ("${term.field}" = ? and ${further.sql}))`,
    values: [value, value, ...further.values],
  }
}
