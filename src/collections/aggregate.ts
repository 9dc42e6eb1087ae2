/** Counts, sums, averages, least and greatest values of the rows that match, as one group or by the values of a field. */
import { invalidField } from '../errors.ts'
import { andThen, type Database, type SqlRow, type SqlValue, type Statement } from '../ports/database.ts'
import { type AggregateFunction, type AggregateQuery, functions, type Term } from './aggregate-query.ts'
import { type Condition, whereOf } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import { conditionsOf } from './list.ts'
import { type Plan, planRows, servedRows, tooManyRows } from './query-plan.ts'
import { rowSource } from './row-source.ts'

/** Rows that one aggregate reads: about a twentieth of a second on a small machine. */
export const aggregateRowsMax = 50_000
/** Groups of one response. */
export const groupsMax = 1000

/** The values of one group. */
export interface Group extends Partial<Record<AggregateFunction, Record<string, unknown>>> {
  /** The field of the group with its value. */
  group?: Record<string, unknown>
  count: number
}

/** An aggregate of the rows that the caller may read. */
export interface AllowedAggregate extends AggregateQuery {
  /** Null for all rows. */
  only: Condition | null
}

/** Reads the groups, in the order of their values. @throws AppError `validation_failed` beyond a limit */
export function readGroups(
  database: Database,
  collection: AnyCollection,
  query: AllowedAggregate,
): Group[] | Promise<Group[]> {
  const conditions = conditionsOf(collection, query)
  const plan = servedRows(collection, conditions) ?? planRows(database, collection, conditions, aggregateRowsMax)
  return andThen(plan, (found) => {
    if (found === null) throw tooManyRows('filter', aggregateRowsMax)
    return andThen(database.read(aggregateStatement(collection, query, conditions, found)), (rows) => {
      checkSize(rows)
      return rows.map((row) => groupOf(row, query))
    })
  })
}

/** Reads one row more than it may, and one group. Its names are no names of fields. */
function aggregateStatement(
  collection: AnyCollection,
  { terms, group }: AllowedAggregate,
  conditions: readonly Condition[],
  { index }: Plan,
): Statement {
  const source = rowSource(collection, index, conditions)
  const where = whereOf(source.conditions)
  const columns = ['1', ...terms.map(({ field }, position) => `"${field}" as galley_${position}`)]
  const values = [
    'count(*) as count',
    ...terms.map((term, position) => `${functionOf(term)}(galley_${position}) as term${position}`),
  ]
  if (group !== null) {
    columns.push(`"${group.field}" as galley_group`)
    values.push('galley_group as "group"')
  }
  const groupBy = group === null ? '' : ` group by galley_group order by galley_group limit ${groupsMax + 1}`
  return {
    sql: `select ${values.join()} from (select ${columns.join()} from ${source.from}${where.sql} limit ?)${groupBy}`,
    parameters: [...where.values, aggregateRowsMax + 1],
  }
}

/** A sum is never an integer, which could overflow. */
function functionOf({ function: name }: Term): string {
  return name === 'sum' ? 'total' : name
}

function checkSize(rows: readonly SqlRow[]): void {
  if (rows.length > groupsMax)
    throw invalidField('group', 'too_many_groups', `has more than ${groupsMax} values; filter the rows`)
  const count = rows.reduce((sum, row) => sum + Number(row.count), 0)
  if (count > aggregateRowsMax) throw tooManyRows('filter', aggregateRowsMax)
}

function groupOf(row: SqlRow, { terms, group }: AllowedAggregate): Group {
  const result: Group = { count: Number(row.count) }
  if (group !== null) result.group = { [group.field]: group.column.decode(row.group ?? null) }
  for (const name of functions) {
    const own = terms.flatMap((term, index) =>
      term.function === name ? [[term, row[`term${index}`] ?? null] as const] : [],
    )
    if (own.length > 0)
      result[name] = Object.fromEntries(own.map(([term, value]) => [term.field, resultOf(term, value)]))
  }
  return result
}

function resultOf({ function: name, column }: Term, value: SqlValue): unknown {
  return name === 'min' || name === 'max' ? column.decode(value) : value
}
