import { invalidField } from '../errors.ts'
import type { SqlValue } from '../ports/database.ts'

/** Longer ones are not from this server, for any sort. */
const cursorLengthMax = 65_536

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * A cursor: where a page ended, in terms of the sort it belongs to. It is the sort and the last row's
 * values, as JSON in base64url, so it outlives restarts and any change of the rows around it.
 */
export function encodeCursor(sort: string, values: readonly SqlValue[]): string {
  return encoder.encode(JSON.stringify([sort, ...values])).toBase64({ alphabet: 'base64url', omitPadding: true })
}

/**
 * The values in a cursor of this sort.
 * @throws AppError `validation_failed` when it is not one, or is one of another sort
 */
export function decodeCursor(cursor: string, sort: string, length: number): SqlValue[] {
  const parts = parse(cursor)
  if (!parts) throw invalidField('cursor', 'invalid_cursor', 'is not a cursor of this server')
  const [its, ...values] = parts
  if (its !== sort || values.length !== length) {
    throw invalidField('cursor', 'invalid_cursor', 'belongs to a list with another sort')
  }
  return values
}

function parse(cursor: string): SqlValue[] | null {
  if (cursor.length > cursorLengthMax) return null
  try {
    const text = decoder.decode(Uint8Array.fromBase64(cursor, { alphabet: 'base64url' }))
    const parts: unknown = JSON.parse(text)
    return Array.isArray(parts) && parts.every(isSqlValue) ? parts : null
  } catch {
    return null
  }
}

function isSqlValue(value: unknown): value is SqlValue {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))
}
