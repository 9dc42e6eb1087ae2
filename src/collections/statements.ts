/** The SQL statements of a collection's table; those of lists are in `list.ts`. Names need no escaping, see `collection`. */
import type { Guard, Statement } from '../ports/database.ts'
import type { Condition } from './condition.ts'
import type { AnyCollection } from './declaration.ts'

export const noRow: Condition = { sql: 'false', values: [] }

export const idTaken: Guard = { error: 'precondition_failed', message: 'There is a row with this id already.' }

/** The error for a row that is not there, or that the client may not read. */
export function notFound({ singular }: AnyCollection): Guard {
  return { error: 'not_found', message: `${singular.charAt(0).toUpperCase()}${singular.slice(1)} not found` }
}

const columnLists = new WeakMap<AnyCollection, string>()

/** All columns of a collection's table. */
export function columnList(collection: AnyCollection): string {
  let text = columnLists.get(collection)
  if (text === undefined) {
    text = quoted(columnsOf(collection))
    columnLists.set(collection, text)
  }
  return text
}

/** Selects all columns, without a condition. */
export function selectOf(collection: AnyCollection): string {
  return `select ${columnList(collection)} from "${collection.name}"`
}

/** The columns of a collection's table, in order. */
function columnsOf({ fields }: AnyCollection): string[] {
  return ['id', 'createdAt', 'version', ...Object.keys(fields)]
}

export function quoted(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join()
}

/** The hot statements, made once; their parameters come in the order that each comment gives. */
export function compile(collection: AnyCollection) {
  const { name, fields } = collection
  const columns = columnsOf(collection)
  const changeable = ['version', ...Object.keys(fields)].map((column) => `"${column}" = ?`)
  return {
    // id
    get: { sql: `${selectOf(collection)} where "id" = ?`, guard: notFound(collection) },
    // every column
    insert: {
      sql: `insert into "${name}" (${quoted(columns)}) values (${columns.map(() => '?').join()})
        on conflict ("id") do nothing returning "id"`,
      guard: idTaken,
    },
    // version, every field, id
    update: { sql: `update "${name}" set ${changeable.join()} where "id" = ?` },
    // id
    remove: { sql: `delete from "${name}" where "id" = ?` },
  }
}

/** Reads the row with this id, if the condition holds for it. */
export function selectOne(collection: AnyCollection, id: string, only: Condition | null): Statement {
  const more = only === null ? '' : ` and ${only.sql}`
  return { sql: `${selectOf(collection)} where "id" = ?${more}`, parameters: [id, ...(only?.values ?? [])] }
}

/** Requires a row with this id for which the condition holds. */
export function requireOne({ name }: AnyCollection, id: string, only: Condition | null, guard: Guard): Statement {
  const more = only === null ? '' : ` and ${only.sql}`
  return { sql: `select "id" from "${name}" where "id" = ?${more}`, parameters: [id, ...(only?.values ?? [])], guard }
}
