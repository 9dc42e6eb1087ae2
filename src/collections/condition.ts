import type { SqlValue } from '../ports/database.ts'

/**
 * A condition in SQL with its values. Built by hand and not by Kysely, because lists are hot; the names of
 * fields need no escaping, because `collection` restricts them.
 */
export interface Condition {
  sql: string
  values: readonly SqlValue[]
  /** The comparison of one field that it is, which an index of the field serves. */
  compares?: Comparison
  /** The conditions that it is made of, which must all hold. */
  parts?: readonly Condition[]
}

/** `several` are some values, between which there are others. */
export interface Comparison {
  field: string
  kind: 'equal' | 'range' | 'several'
  /** True for a list of which one element is compared. */
  isElement?: true
}

/** Returns ` where …` that requires all conditions, and nothing for no conditions. */
export function whereOf(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { sql: '', values: [] }
  const sqls = conditions.map(({ sql }) => sql)
  return { sql: ` where ${joined(sqls, 'and')}`, values: conditions.flatMap(({ values }) => values) }
}

/** Up to this many, no halves are needed. */
const fewParts = 16

/** Joins conditions, many by halves: an expression may be 1,000 levels deep, and 100 on Cloudflare's SQLite. */
export function joined(parts: readonly string[], operator: 'and' | 'or'): string {
  if (parts.length <= fewParts) return parts.join(` ${operator} `)
  const half = Math.ceil(parts.length / 2)
  return `(${joined(parts.slice(0, half), operator)}) ${operator} (${joined(parts.slice(half), operator)})`
}
