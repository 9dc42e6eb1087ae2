import type { SqlValue } from '../ports/database.ts'

/**
 * A condition in SQL with its values. Built by hand and not by Kysely, because lists are hot; the names of
 * fields need no escaping, because `collection` restricts them.
 */
export interface Condition {
  sql: string
  values: readonly SqlValue[]
}

/** Returns ` where …` that requires all conditions, and nothing for no conditions. */
export function whereOf(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { sql: '', values: [] }
  return {
    sql: ` where ${conditions.map(({ sql }) => sql).join(' and ')}`,
    values: conditions.flatMap(({ values }) => values),
  }
}
