/**
 * Keeps every query within a bound of rows that it reads. A query is served where one index has its rows next to each other and in order.
 * Any other query of a large table reads at most `scanRowsMax` rows: all that match one of its conditions, where these are so few; else
 * as many in the order of an index, and the page ends there. Without such an index it is refused.
 *
 * | the query | reads |
 * |---|---|
 * | is served by an index, or its table is small | the rows of the page |
 * | has a condition that few rows match | these rows |
 * | has a sort that an index serves | a part of the rows, in order |
 * | else | nothing: it is refused |
 */
import { type AppError, invalidField } from '../errors.ts'
import { andThen, type Database, type Statement } from '../ports/database.ts'
import { type Condition, whereOf } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import { type Index, indexesOf } from './indexes.ts'
import type { SortTerm } from './list-query.ts'
import { listsOfReferences } from './reference-index.ts'
import { rowSource } from './row-source.ts'

/** Rows that a query reads to find those of its page. */
export const scanRowsMax = 5000

/** The way to the rows of a query. */
export interface Plan {
  /** The index that must be used; null leaves it to SQLite. */
  index: Index | null
  /** True when only a part of the rows may be read. */
  isScan: boolean
  /** True when an index has the rows next to each other. */
  isServed: boolean
}

/** Leaves the way to SQLite. */
const direct: Plan = { index: null, isScan: false, isServed: true }
/** The same for a table that is small enough to be read as a whole. */
const small: Plan = { ...direct, isServed: false }

/** Plans a page of a list. @throws AppError `validation_failed` when it would read too many rows */
export function planPage(
  database: Database,
  collection: AnyCollection,
  conditions: readonly Condition[],
  sort: readonly SortTerm[],
): Plan | Promise<Plan> {
  const served = servedPage(collection, conditions, sort)
  if (served !== null) return served
  const indexes = indexesOf(collection)
  const equal = equalFields(conditions)
  return andThen(planRows(database, collection, conditions, scanRowsMax), (plan) => {
    if (plan !== null) return plan
    const serving = indexes.filter((index) => servesSort(index, equal, sort))
    // The index of the longest beginning that is equal reads the fewest rows that do not match.
    const [best] = serving.toSorted((a, b) => equalBeginning(b, equal) - equalBeginning(a, equal))
    if (best !== undefined && hasOneDirection(sort)) return { index: best, isScan: true, isServed: false }
    throw unservedSort(collection, equal, sort)
  })
}

/** The plan of a list that an index serves, and null for others, by the list's shape, because most lists have one of few. */
const shapes = new WeakMap<AnyCollection, Map<string, Plan | null>>()
/** More shapes are forgotten: a client may invent them. */
const shapesMax = 1000

function servedPage(
  collection: AnyCollection,
  conditions: readonly Condition[],
  sort: readonly SortTerm[],
): Plan | null {
  let shape = ''
  for (const { compares } of conditions) shape += compares === undefined ? '? ' : `${compares.kind} ${compares.field} `
  for (const { field, descending } of sort) shape += descending ? `-${field}` : `+${field}`
  let known = shapes.get(collection)
  if (known === undefined || known.size > shapesMax) {
    known = new Map()
    shapes.set(collection, known)
  }
  let plan = known.get(shape)
  if (plan === undefined) {
    const equal = equalFields(conditions)
    plan = planBy(
      indexesOf(collection).find(
        (index) => servesSort(index, equal, sort) && servesConditions(index, equal, conditions),
      ),
    )
    known.set(shape, plan)
  }
  return plan
}

/** SQLite finds the way by an index of its own, and not the one by a table. */
function planBy(index: Index | undefined): Plan | null {
  if (index === undefined) return null
  return index.isTable ? { ...direct, index } : direct
}

/** Plans to read all rows that match; null when these conditions would read more than `rowsMax`. */
export function planRows(
  database: Database,
  collection: AnyCollection,
  conditions: readonly Condition[],
  rowsMax: number,
): Plan | null | Promise<Plan | null> {
  const indexes = indexesOf(collection)
  return andThen(database.read(newestNumber(collection)), ([row]) => {
    if (Number(row?.newest) <= rowsMax) return small
    const ways = conditions.flatMap((condition) => {
      const index = indexes.find(({ columns }) => columns[0] === condition.compares?.field)
      return index === undefined ? [] : [{ condition, index }]
    })
    if (ways.length === 0) return null
    return andThen(database.read(countEach(collection, ways, rowsMax)), ([counts = {}]) => {
      const few = ways.flatMap(({ index }, at) => {
        const count = Number(counts[`count${at}`])
        return count <= rowsMax ? [{ index, count }] : []
      })
      const [best] = few.toSorted((a, b) => a.count - b.count)
      return best === undefined ? null : { ...small, index: best.index }
    })
  })
}

/** Returns the plan for all rows that match, where an index has them next to each other; else null. */
export function servedRows(collection: AnyCollection, conditions: readonly Condition[]): Plan | null {
  const ranges = conditions.map((condition) =>
    condition.compares?.kind === 'several' ? asRange(condition) : condition,
  )
  if (conditions.length === 0) return direct
  return planBy(indexesOf(collection).find((index) => servesConditions(index, equalFields(ranges), ranges)))
}

/** Several values are several places of an index, which matters for the order alone. */
function asRange(condition: Condition): Condition {
  return { ...condition, compares: { field: condition.compares?.field ?? '', kind: 'range' } }
}

/** The greatest number of a row. It is never less than the count of rows, and costs no scan. */
function newestNumber({ name }: AnyCollection): Statement {
  return { sql: `select coalesce(max(rowid), 0) as newest from "${name}"`, parameters: [] }
}

function countEach(
  collection: AnyCollection,
  ways: readonly { condition: Condition; index: Index }[],
  rowsMax: number,
): Statement {
  const counts = ways.map(({ condition, index }, at) => {
    const { from, conditions } = rowSource(collection, index, [condition])
    return `(select count(*) from (select 1 from ${from}${whereOf(conditions).sql} limit ${rowsMax + 1})) as count${at}`
  })
  return { sql: `select ${counts.join()}`, parameters: ways.flatMap(({ condition }) => condition.values) }
}

/** The fields that conditions compare by equality: few, so that a list is faster than a set. */
type Equal = readonly string[]

function equalFields(conditions: readonly Condition[]): Equal {
  const fields: string[] = []
  for (const { compares } of conditions) if (compares?.kind === 'equal') fields.push(compares.field)
  return fields
}

function equalBeginning({ columns }: Index, equal: Equal): number {
  const end = columns.findIndex((column) => !equal.includes(column))
  return end === -1 ? columns.length : end
}

function servesConditions(index: Index, equal: Equal, conditions: readonly Condition[]): boolean {
  return conditions.length === 0 || servedConditions(index, conditions, equal).length === conditions.length
}

/** The columns after those that are equal must be the sort. A unique index has one row for all its columns. */
function servesSort(index: Index, equal: Equal, sort: readonly SortTerm[]): boolean {
  const terms = equal.length === 0 ? sort : sort.filter(({ field }) => !equal.includes(field))
  if (!hasOneDirection(terms)) return false
  let at = 0
  for (const column of index.columns) {
    if (column === terms[at]?.field) at += 1
    else if (!equal.includes(column)) return at === terms.length
  }
  return at === terms.length || index.isUnique
}

function hasOneDirection(sort: readonly SortTerm[]): boolean {
  return sort.every(({ descending }) => descending === sort[0]?.descending)
}

function unservedSort(collection: AnyCollection, equal: Equal, sort: readonly SortTerm[]): AppError {
  const terms = sort.map(({ field }) => field).filter((field) => field !== 'createdAt' && field !== 'id')
  const lists = new Set(listsOfReferences(collection))
  const fields = [...new Set([...equal, ...terms])]
    .filter((field) => !lists.has(field))
    .map((field) => `'${field}'`)
    .join(', ')
  return invalidField(
    'sort',
    'not_indexed',
    `would sort more than ${scanRowsMax} rows without an index: filter further, or declare indexes: [[${fields}]]`,
  )
}

/** Reads the row up to which a page may be read, after these conditions; there is none when all rows may be. */
export function scanEnd(
  collection: AnyCollection,
  index: Index,
  conditions: readonly Condition[],
  sort: readonly SortTerm[],
): Statement {
  const source = rowSource(collection, index, conditions, sort)
  const where = whereOf(source.conditions)
  const columns = sort.map(({ field }) => `"${field}"`)
  const direction = sort[0]?.descending ? 'desc' : 'asc'
  const order = source.sort.map(({ field }) => `"${field}" ${direction}`)
  return {
    sql: `select ${columns.join()} from ${source.from}${where.sql}
      order by ${order.join()} limit 1 offset ${scanRowsMax - 1}`,
    parameters: where.values,
  }
}

/** Returns the conditions that an index serves: its first columns are equal, and the one after them is within a range. */
export function servedConditions(
  index: Index,
  conditions: readonly Condition[],
  equal: Equal = equalFields(conditions),
): readonly Condition[] {
  const { columns } = index
  const beginning = equalBeginning(index, equal)
  return conditions.filter(({ compares }) => {
    if (compares?.kind === 'equal') return columns.slice(0, beginning).includes(compares.field)
    return compares?.kind === 'range' && compares.field === columns[beginning]
  })
}

/** The error for a result that needs all rows which match, and would read too many. */
export function tooManyRows(parameter: string, rowsMax: number): AppError {
  return invalidField(
    parameter,
    'too_many_rows',
    `would read more than ${rowsMax} rows: filter by an indexed field that fewer rows match, or declare indexes of the fields together`,
  )
}
