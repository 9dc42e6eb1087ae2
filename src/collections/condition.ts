import type { SqlValue } from '../ports/database.ts'

/** A condition in SQL with its values. Put together by hand: lists are hot, and names of fields need no escaping, see `collection`. */
export interface Condition {
  sql: string
  values: readonly SqlValue[]
}

/** ` where …` of all of them; nothing of none. */
export function whereOf(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { sql: '', values: [] }
  return {
    sql: ` where ${conditions.map(({ sql }) => sql).join(' and ')}`,
    values: conditions.flatMap(({ values }) => values),
  }
}
