import { invalidField } from '../errors.ts'
import type { SqlValue } from '../ports/database.ts'

/** Longer ones are not from this server. */
const cursorLengthMax = 8192

/** Where a page ended: the sort key of its last row. */
export interface CursorKey {
  /** The values of the fields of the sort, of a cut key only the first ones. */
  values: SqlValue[]
  /** For a cut key, the rows from which the whole key can be read again, the last one last; else empty. */
  rows: readonly RowMark[]
}

/** The id of a row, and a digest of its sort key. */
export type RowMark = readonly [id: string, digest: number]

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Returns a cursor: the name of a list, which is its sort, and the key at which a page ended, as JSON in base64url. So it outlives
 * restarts.
 */
export function encodeCursor(list: string, { values, rows }: CursorKey): string {
  const parts = rows.length === 0 ? [list, values] : [list, values, rows]
  return encoder.encode(JSON.stringify(parts)).toBase64({ alphabet: 'base64url', omitPadding: true })
}

/**
 * Returns the key in a cursor of a list whose whole keys have `length` values.
 * @throws AppError `validation_failed` when it is not one, or is one of another list
 */
export function decodeCursor(cursor: string, list: string, length: number): CursorKey {
  const parts = parse(cursor)
  if (!parts) throw invalidField('cursor', 'invalid_cursor', 'is not a cursor of this server')
  const [its, values, rows = []] = parts
  const isCut = rows.length > 0 && values.length > 0 && values.length < length
  if (its !== list || (values.length !== length && !isCut)) {
    throw invalidField('cursor', 'invalid_cursor', 'belongs to a list with another sort')
  }
  return { values, rows }
}

/** The same for a key of numbers. @throws AppError `validation_failed` */
export function decodeNumbers(cursor: string, list: string, length: number): number[] {
  const { values } = decodeCursor(cursor, list, length)
  if (values.every((value) => typeof value === 'number')) return values
  throw invalidField('cursor', 'invalid_cursor', 'is not a cursor of this server')
}

type Parts = [list: unknown, values: SqlValue[], rows?: RowMark[]]

function parse(cursor: string): Parts | null {
  if (cursor.length > cursorLengthMax) return null
  try {
    const text = decoder.decode(Uint8Array.fromBase64(cursor, { alphabet: 'base64url' }))
    const parts: unknown = JSON.parse(text)
    return isParts(parts) ? parts : null
  } catch {
    return null
  }
}

function isParts(parts: unknown): parts is Parts {
  if (!Array.isArray(parts)) return false
  const [, values, rows = []] = parts as unknown[]
  return Array.isArray(values) && values.every(isSqlValue) && Array.isArray(rows) && rows.every(isRowMark)
}

function isRowMark(mark: unknown): mark is RowMark {
  return Array.isArray(mark) && mark.length === 2 && typeof mark[0] === 'string' && typeof mark[1] === 'number'
}

function isSqlValue(value: unknown): value is SqlValue {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))
}
