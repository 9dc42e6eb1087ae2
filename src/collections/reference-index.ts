/**
 * The index of a list of references: a table that has the target, the time and the id of the row for each reference, in this order, so
 * that lists find the rows which refer to a target, oldest or newest first, without reading others. The list itself is in the row, as
 * JSON, so reading rows costs nothing more. Triggers keep the index in the write that changes a row, whoever makes it.
 */
import type { SqlValue } from '../ports/database.ts'
import type { Condition } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'

/** The columns of the index. No field can have their names. */
export const indexColumns = { target: 'galley_target', createdAt: 'galley_createdAt', id: 'galley_id' } as const

/** The table that is the index of a field. */
export function referenceTable(name: string, field: string): string {
  return `${name}.${field}.galley_references`
}

/** The fields of a collection that are lists of references. */
export function listsOfReferences({ fields }: Pick<AnyCollection, 'fields'>): string[] {
  return Object.entries(fields as Fields).flatMap(([name, { column }]) => (column.references?.isList ? [name] : []))
}

/** The rows whose list contains an id. Of a row that is read already, it looks up one entry of the index. */
export function containsReference(name: string, field: string, values: readonly SqlValue[]): Condition {
  const { target, createdAt, id } = indexColumns
  const entry = `"${target}" = ? and "${createdAt}" = "${name}"."createdAt" and "${id}" = "${name}"."id"`
  return {
    sql: `exists (select 1 from "${referenceTable(name, field)}" where ${entry})`,
    values,
    compares: { field, kind: 'equal', isElement: true },
  }
}
