/** Converts a field of all rows to another kind, in batches inside the one transaction of the start. */
import { type Kysely, sql } from 'kysely'
import { type Field, field } from '../collections/field.ts'
import {
  type Declarations,
  declarationOf,
  readDeclarations,
  saveDeclaration,
} from '../collections/stored-declarations.ts'
import { addColumn, copyName, dropColumn, renameColumn } from '../collections/table.ts'
import { isoTime } from '../iso-time.ts'
import type { SqlRow, SqlValue } from '../ports/database.ts'
import { changeTrashed } from './change-trash.ts'
import { checkName, execute, type Migration, type MigrationContext, refused } from './migration.ts'
import { dropIndexes } from './rename.ts'
import { withoutBlanks } from './sql.ts'

/** A stored row as the API gave it. */
export type StoredRow = Readonly<Record<string, unknown>>

/** Returns the new value of a row. Must not wait for anything. */
export type Convert<Value> = (value: unknown, row: StoredRow) => Value

/** Rows in memory at a time; each may have megabytes. */
const batchRows = 100

/** The result of an expression; no field can have its name. */
const resultName = 'galley_result'

/**
 * Converts a field to another kind, or fills a new one: `change('notes', 'priority', field.integer(), (value) => Number(value))`.
 * @param to the kind that the field has afterwards; each new value must be valid
 * @param convert a function of the value and the row as the API gave them, null where there was none; or an expression of SQL
 * over the stored row, whose value is the stored one
 */
export function change<Value>(
  collection: string,
  name: string,
  to: Field<Value>,
  convert: Convert<NoInfer<Value>> | string,
): Migration {
  checkName(collection)
  checkName(name)
  const title = `change ${collection}.${name}`
  const { type, references } = to.column
  const how = typeof convert === 'string' ? withoutBlanks(convert) : 'function'
  return {
    name: title,
    fingerprint: `${title} to ${references === null ? type : `reference ${references.collection}`}: ${how}`,
    run: (context) => new FieldChange({ title, table: collection, name, to, convert }).run(context),
  }
}

interface FieldChangeOptions {
  title: string
  table: string
  name: string
  to: Field
  convert: Convert<unknown> | string
}

class FieldChange {
  readonly #options: FieldChangeOptions

  constructor(options: FieldChangeOptions) {
    this.#options = options
  }

  /** Writes the new values into a new column, which then takes the place of the old one, because a column keeps its SQL type. */
  async run({ db, changed }: MigrationContext): Promise<void> {
    const { title, table, name, to } = this.#options
    const fields = (await readDeclarations(db)).get(table)
    if (fields === undefined) throw refused(title, `no collection ${table} is stored`)
    await dropIndexes(db, table, fields)
    await addColumn(db, table, copyName, to.column)
    await this.#convertAll(db, fields)
    await changeTrashed(db, { table, name, to, select: this.#select, fields, newValue: this.#newValue(fields) })
    if (fields.has(name)) await dropColumn(db, table, name)
    await renameColumn(db, table, copyName, name)
    await saveDeclaration(db, table, name, { ...declarationOf(to.column), index: 'none' })
    await this.#checkReferences(db)
    changed.add(table)
  }

  /** What is selected of a stored row. */
  get #select(): string {
    const { convert } = this.#options
    return typeof convert === 'string' ? `*, (${convert}) as "${resultName}"` : '*'
  }

  async #convertAll(db: Kysely<unknown>, fields: Declarations): Promise<void> {
    const { table } = this.#options
    const read = `select ${this.#select} from (select * from "${table}" where id > ? order by id limit ${batchRows}) as "${table}"`
    const write = `update "${table}" set "${copyName}" = fresh.value
      from (select value ->> 0 as id, value ->> 1 as value from json_each(?)) as fresh where "${table}".id = fresh.id`
    const newValue = this.#newValue(fields)
    for (let after = ''; ; ) {
      const rows = await execute(db, read, [after])
      if (rows.length === 0) return
      for (const values of portions(rows.map((row) => [String(row.id), newValue(row)] as const)))
        await execute(db, write, [JSON.stringify(values)])
      after = String(rows.at(-1)?.id)
    }
  }

  /** Returns the function that makes the new stored value of a stored row. @throws StartError when it is not valid */
  #newValue(fields: Declarations): (stored: SqlRow) => SqlValue {
    const { title, name, to, convert } = this.#options
    const decode = rowDecoder(fields)
    return (stored) => {
      const value = typeof convert === 'string' ? this.#decoded(stored) : call(convert, decode(stored))
      const result = to.schema.safeParse(value)
      if (result.success) return to.column.encode(result.data)
      throw refused(title, `the new value of the row ${stored.id} is not valid: ${result.error.issues[0]?.message}`)
    }

    function call(by: Convert<unknown>, row: StoredRow): unknown {
      try {
        return by(row[name] ?? null, row)
      } catch (error) {
        throw refused(title, `its function failed: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }

  #decoded(stored: SqlRow): unknown {
    try {
      return this.#options.to.column.decode(stored[resultName] ?? null)
    } catch {
      return undefined
    }
  }

  async #checkReferences(db: Kysely<unknown>): Promise<void> {
    const { title, table, name, to } = this.#options
    const target = to.column.references?.collection
    if (target === undefined || to.column.type !== 'text' || !(await readDeclarations(db)).has(target)) return
    const { rows } = await sql<{ id: string }>`select id from ${sql.table(table)} where ${sql.ref(name)} is not null
      and ${sql.ref(name)} not in (select id from ${sql.table(target)}) limit 1`.execute(db)
    if (rows[0]) throw refused(title, `the row ${rows[0].id} would refer to one of ${target} that is not there`)
  }
}

/** Decodes stored values by their kind. The kinds that are not here are stored as JSON. */
const decoders: Readonly<Record<string, (stored: SqlValue) => unknown>> = {
  text: asStored,
  integer: asStored,
  number: asStored,
  date: asStored,
  boolean: field.boolean().column.decode,
  timestamp: field.timestamp().column.decode,
}

function asStored(stored: SqlValue): unknown {
  return stored
}

function fromJson(stored: SqlValue): unknown {
  return stored === null ? null : JSON.parse(String(stored))
}

/** Returns the function that makes a row as the API gave it. */
function rowDecoder(fields: Declarations): (stored: SqlRow) => StoredRow {
  const columns = Array.from(fields, ([name, { type }]) => [name, decoders[type] ?? fromJson] as const)
  return (stored) => {
    const row: Record<string, unknown> = { id: stored.id }
    for (const [name, decode] of columns) row[name] = decode(stored[name] ?? null)
    row.createdAt = isoTime(Number(stored.createdAt))
    row.version = stored.version
    return row
  }
}

/** Characters of one parameter: an engine takes a few million bytes at most. */
const portionLengthMax = 256 * 1024

/** Divides values so that none has many characters, unless one value has. */
function* portions(values: readonly (readonly [string, SqlValue])[]): Generator<(readonly [string, SqlValue])[]> {
  let portion: (readonly [string, SqlValue])[] = []
  let length = 0
  for (const each of values) {
    portion.push(each)
    length += typeof each[1] === 'string' ? each[1].length : 0
    if (length < portionLengthMax) continue
    yield portion
    portion = []
    length = 0
  }
  if (portion.length > 0) yield portion
}
