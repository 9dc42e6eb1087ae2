/** Converts a field of the rows in the trash, because a row whose values are of another kind could not be restored. */
import type { Kysely } from 'kysely'
import type { Field } from '../collections/field.ts'
import { boolean } from '../collections/fields/boolean.ts'
import { timestamp } from '../collections/fields/timestamp.ts'
import type { Declarations } from '../collections/stored-declarations.ts'
import { StartError } from '../errors.ts'
import type { SqlRow, SqlValue } from '../ports/database.ts'
import { execute } from './migration.ts'

/** Rows in memory at a time; each may have megabytes. */
const batchRows = 100

export interface TrashChange {
  table: string
  name: string
  to: Field
  /** What is selected of a stored row for `newValue`. */
  select: string
  /** The fields before the change. */
  fields: Declarations
  /** Returns the new stored value of a stored row. @throws StartError when it is not valid */
  newValue(stored: SqlRow): SqlValue
}

/** A row whose new value is not valid stays as it is: a restore then tells what is wrong. */
export async function changeTrashed(db: Kysely<unknown>, change: TrashChange): Promise<void> {
  const { table, name } = change
  const next = 'select number, row from galley_trash where collection = ? and number > ? order by number limit ?'
  const put = `update galley_trash set row = json_set(row, '$."${name}"', json(?)) where number = ?`
  for (let after: SqlValue = 0; ; ) {
    const rows: readonly SqlRow[] = await execute(db, next, [table, after, batchRows])
    for (const { number = null, row = null } of rows) {
      const json = await newJson(db, change, JSON.parse(String(row)) as TrashedValues)
      if (json !== null) await execute(db, put, [json, number])
    }
    if (rows.length < batchRows) return
    after = rows.at(-1)?.number ?? null
  }
}

type TrashedValues = Readonly<Record<string, unknown>>

/** Returns the new value as the API gives it; null for none. */
async function newJson(db: Kysely<unknown>, change: TrashChange, trashed: TrashedValues): Promise<string | null> {
  const { table, select, fields, newValue, to } = change
  const stored = storedRow(fields, trashed)
  const columns = Object.keys(stored).map((name) => `value ->> '$."${name}"' as "${name}"`)
  const sql = `select ${select} from (select ${columns.join()} from (select ? as value)) as "${table}"`
  const [row] = await execute(db, sql, [JSON.stringify(stored)])
  try {
    return JSON.stringify(to.column.decode(newValue(row ?? stored)))
  } catch (error) {
    if (error instanceof StartError) return null
    throw error
  }
}

/** Makes the row as its table had it. */
function storedRow(fields: Declarations, trashed: TrashedValues): Record<string, SqlValue> {
  const { id, createdAt, version } = trashed
  const row: Record<string, SqlValue> = {
    id: String(id),
    createdAt: Date.parse(String(createdAt)),
    version: Number(version),
  }
  for (const [name, { type }] of fields) {
    const value = trashed[name] ?? null
    row[name] = value === null ? null : (encoders[type] ?? JSON.stringify)(value)
  }
  return row
}

const asGiven = (value: unknown) => value as SqlValue

/** Encodes values by their kind. The kinds that are not here are stored as JSON. */
const encoders: Readonly<Record<string, (value: unknown) => SqlValue>> = {
  text: asGiven,
  integer: asGiven,
  number: asGiven,
  date: asGiven,
  boolean: boolean().column.encode,
  timestamp: timestamp().column.encode,
}
