/** The fields of a collection that refer to rows of others, and the checks that those rows are there. */
import type { Guard, Statement } from '../ports/database.ts'
import type { Condition } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'
import type { OnDelete } from './fields/column.ts'
import { indexColumns, referenceTable } from './reference-index.ts'

/** A field that refers to rows of another collection, and the error for a row that is not there. */
export interface ReferenceField {
  field: string
  /** True for a list of references. */
  isList: boolean
  target: AnyCollection
  onDelete: OnDelete
  guard: Guard
}

/** The fields of a collection that refer to rows of others. */
export function referencesIn(
  { fields }: AnyCollection,
  collections: ReadonlyMap<string, AnyCollection>,
): ReferenceField[] {
  return Object.entries(fields as Fields).flatMap(([field, { column }]) => {
    const { references } = column
    const target = references === null ? undefined : collections.get(references.collection)
    if (references === null || target === undefined) return []
    const guard: Guard = { error: 'validation_failed', field, message: `there is no such ${target.singular}` }
    const { isList, onDelete } = references
    return [{ field, isList, target, onDelete, guard }]
  })
}

/** Requires the rows that values refer to. */
export function requireTargets(
  references: readonly ReferenceField[],
  values: Readonly<Record<string, unknown>>,
): Statement[] {
  return references.flatMap((reference) => requireTarget(reference, values[reference.field], null) ?? [])
}

/** Requires the rows that one value refers to, and a condition for each of them; null for a value that refers to none. */
export function requireTarget(
  { target: { name }, guard, isList }: ReferenceField,
  value: unknown,
  only: Condition | null,
): Statement | null {
  const more = only === null ? '' : ` and ${only.sql}`
  const values = only?.values ?? []
  if (typeof value === 'string')
    return { sql: `select "id" from "${name}" where "id" = ?${more}`, parameters: [value, ...values], guard }
  if (!isList || !Array.isArray(value) || value.length === 0) return null
  // The schema refuses repeats, so as many rows must be there as the list has ids.
  const found = `select count(*) as count from "${name}" where "id" in (select value from json_each(?))${more}`
  return {
    sql: `select count from (${found}) where count = ?`,
    parameters: [JSON.stringify(value), ...values, value.length],
    guard,
  }
}

/** The condition on targets that a stored row has in its list already. */
export function heldBy({ name }: AnyCollection, { field }: ReferenceField, id: string): Condition {
  return {
    sql: `"id" in (select item.value from "${name}" as galley_held, json_each(galley_held."${field}") as item where galley_held."id" = ?)`,
    values: [id],
  }
}

/** Finds those of these ids that rows have. */
export function foundIn({ name }: AnyCollection, ids: readonly string[]): Statement {
  return {
    sql: `select "id" from "${name}" where "id" in (select value from json_each(?))`,
    parameters: [JSON.stringify(ids)],
  }
}

/** Finds rows that refer to one of these ids by a field, and for which the condition holds. */
export function referring(
  { name, fields }: AnyCollection,
  field: string,
  ids: readonly string[],
  limit: number,
  only: Condition | null = null,
): Statement {
  const isList = (fields as Fields)[field]?.column.references?.isList === true
  const more = only === null ? '' : ` and ${only.sql}`
  const { target, id } = indexColumns
  const select = isList
    ? `select distinct "id" from "${referenceTable(name, field)}" cross join "${name}" on "${name}"."id" = "${id}" where "${target}"`
    : `select "id" from "${name}" where "${field}"`
  return {
    sql: `${select} in (select value from json_each(?))${more} limit ?`,
    parameters: [JSON.stringify(ids), ...(only?.values ?? []), limit],
  }
}
