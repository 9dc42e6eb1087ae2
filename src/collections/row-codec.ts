import { isoTime } from '../iso-time.ts'
import type { SqlRow, SqlValue } from '../ports/database.ts'
import type { Collection } from './declaration.ts'
import type { Fields } from './field.ts'
import { asStored } from './fields/column.ts'
import type { RowOf } from './row-types.ts'

type Values = Readonly<Record<string, unknown>>

/** Converts between rows as the API gives them and rows as they are stored. */
export interface RowCodec<F extends Fields> {
  decode(stored: SqlRow): RowOf<F>
  /** Returns the values of all columns, in order. */
  encode(row: Values): SqlValue[]
  /** Returns a stored row with changes. */
  change(stored: SqlRow, changes: Values): SqlRow
  /** Returns the values of the columns that an update sets: the version and every field. */
  changeable(stored: SqlRow): SqlValue[]
}

export function createRowCodec<F extends Fields>(collection: Collection<string, F>): RowCodec<F> {
  const fields = Object.entries(collection.fields)
  const columns = fields.map(([name, { column }]) => ({
    name,
    decode: column.decode === asStored ? null : column.decode,
  }))
  return {
    decode(stored) {
      const row: Record<string, unknown> = { id: stored.id }
      for (const { name, decode } of columns) {
        const value = stored[name] ?? null
        row[name] = decode === null ? value : decode(value)
      }
      row.createdAt = isoTime(Number(stored.createdAt))
      row.version = stored.version
      return row as RowOf<F>
    },
    encode: (row) => [
      row.id as string,
      Date.parse(row.createdAt as string),
      row.version as number,
      ...fields.map(([name, { column }]) => column.encode(row[name])),
    ],
    change(stored, changes) {
      const next: Record<string, SqlValue> = { ...stored }
      for (const [name, { column }] of fields) {
        if (changes[name] !== undefined) next[name] = column.encode(changes[name])
      }
      return next
    },
    changeable: (stored) => [Number(stored.version), ...fields.map(([name]) => stored[name] ?? null)],
  }
}
