/** The way to the rows of a plan, as parts of a statement. */
import type { Condition } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import type { Index } from './indexes.ts'
import type { SortTerm } from './list-query.ts'
import { indexColumns } from './reference-index.ts'

export interface RowSource {
  /** Follows `from`. */
  from: string
  conditions: readonly Condition[]
  /** The same order by the columns of the source. */
  sort: readonly SortTerm[]
}

/** @param index the index that must be used; null leaves it to SQLite */
export function rowSource(
  { name }: AnyCollection,
  index: Index | null,
  conditions: readonly Condition[],
  sort: readonly SortTerm[] = [],
): RowSource {
  if (index === null) return { from: `"${name}"`, conditions, sort }
  if (index.isTable !== true) return { from: `"${name}" indexed by "${index.name}"`, conditions, sort }
  const { target, createdAt, id } = indexColumns
  const own = conditions.find(({ compares }) => compares?.field === index.columns[0])
  const columns: Readonly<Record<string, string>> = { createdAt, id }
  return {
    // A cross join keeps its order, so rows come as the table has them.
    from: `"${index.name}" cross join "${name}" on "${name}"."id" = "${id}"`,
    conditions: conditions.map((each) => (each === own ? { sql: `"${target}" = ?`, values: each.values } : each)),
    sort: sort.map(({ field, descending }) => ({ field: columns[field] ?? field, descending })),
  }
}
