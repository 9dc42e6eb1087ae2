/**
 * Access to the rows of a collection. A rule is decided to all rows, to none, or to a condition on rows. The condition is part of
 * the statement itself, so no list, count or change can go around it. A row that may not be read is reported as not found.
 */

import type { SqlValue } from '../ports/database.ts'
import { type Actor, adminRole, fits, hasScope, identityOf, refusal } from '../request/identity.ts'
import { type Condition, joined } from './condition.ts'
import type { Action, AnyCollection, RowFilter } from './declaration.ts'
import type { Field } from './field.ts'
import { text } from './fields/text.ts'
import { containsCondition } from './filter-query.ts'
import type { FilterValue, ListFilterValue } from './rule.ts'

/** The field that an owned row has: the id of the user who created it. */
export const ownerField = 'owner'

/** The result of a rule for one client. */
export type AccessDecision = 'all' | 'none' | readonly RowFilter[]

/** Returns true if rows store the user who created them. */
export function hasOwner({ access }: Pick<AnyCollection, 'access'>): boolean {
  return Object.values(access).includes('owner')
}

/** Returns true if anyone may read and change everything. */
export function isOpen({ access }: Pick<AnyCollection, 'access'>): boolean {
  return (['read', 'create', 'update', 'delete'] as const).every((action) => access[action] === 'anyone')
}

/** Returns true if changes are events. A read rule that is a function has events only with an audience. */
export function hasTopic({ access, audience }: Pick<AnyCollection, 'access' | 'audience'>): boolean {
  return typeof access.read !== 'function' || audience !== undefined
}

/** Decides the rows of a collection on which somebody may act. */
export function decide(
  { name, access }: Pick<AnyCollection, 'name' | 'access'>,
  action: Action,
  who: Actor,
): AccessDecision {
  const rule = access[action]
  if (rule === 'anyone' || who === 'system') return 'all'
  if (who !== null && !hasScope(who, name, action === 'read' || action === 'history' ? 'read' : 'write')) return 'none'
  if (who?.role === adminRole) return 'all'
  if (typeof rule === 'function') return decisionOf(rule(who))
  if (who === null || rule === 'nobody') return 'none'
  if (rule === 'owner') return action === 'create' ? 'all' : [{ [ownerField]: who.userId }]
  return fits(who, rule) ? 'all' : 'none'
}

function decisionOf(result: boolean | RowFilter | readonly RowFilter[]): AccessDecision {
  if (typeof result === 'boolean') return result ? 'all' : 'none'
  return isSeveral(result) ? result : [result]
}

function isSeveral(result: RowFilter | readonly RowFilter[]): result is readonly RowFilter[] {
  return Array.isArray(result)
}

/** A decision that allows some rows, or might. */
export type AllowedAccess = Exclude<AccessDecision, 'none'>

/** @throws AppError `unauthorized` or `forbidden` for `none` */
export function allowed(decision: AccessDecision, who: Actor): AllowedAccess {
  if (decision === 'none') throw refusal(identityOf(who))
  return decision
}

/** Returns the decision as an SQL condition; null for all rows. */
export function conditionOf(collection: AnyCollection, decision: AllowedAccess): Condition | null {
  if (decision === 'all') return null
  const [only] = decision
  if (only === undefined) return { sql: 'false', values: [] }
  if (decision.length === 1) return filterCondition(collection, only)
  const parts = decision.map((filter) => filterCondition(collection, filter))
  const sqls = parts.map(({ sql }) => sql)
  return { sql: `(${joined(sqls, 'or')})`, values: parts.flatMap(({ values }) => values) }
}

/** Of the `id`, which is no declared field. */
const idColumn = text().column

function filterCondition({ name, fields }: AnyCollection, filter: RowFilter): Condition {
  const parts = Object.entries(filter).map(([key, value]) => {
    const column = key === 'id' ? idColumn : (fields[key] as Field | undefined)?.column
    if (!column) throw new Error(`The access of ${name} names a field ${key}, which does not exist.`)
    if (isListFilter(value)) return containsCondition(name, key, column, value.$contains)
    const all: SqlValue[] = listOf(value).map((each) => column.encode(each))
    const values = all.filter((each) => each !== null)
    const operand = `"${name}"."${key}"`
    const equal = values.length === 0 ? 'false' : `${operand} in (${values.map(() => '?').join()})`
    if (values.length < all.length) return { sql: `(${equal} or ${operand} is null)`, values }
    return { sql: equal, values, compares: { field: key, kind: values.length === 1 ? 'equal' : 'several' } as const }
  })
  if (parts.length === 0) return { sql: 'true', values: [] }
  return { sql: `(${parts.map(({ sql }) => sql).join(' and ')})`, values: parts.flatMap(({ values }) => values), parts }
}

/** Returns true if a decision allows this row, which need not be stored yet. */
export function matches(row: Readonly<Record<string, unknown>>, decision: AllowedAccess): boolean {
  if (decision === 'all') return true
  return decision.some((filter) =>
    Object.entries(filter).every(([key, value]) =>
      isListFilter(value)
        ? Array.isArray(row[key]) && row[key].includes(value.$contains)
        : listOf(value).includes(row[key] as FilterValue),
    ),
  )
}

/** Returns true if a decision allows all rows in which this field has this value. */
export function coversAudience(decision: AccessDecision, field: string, value: string): boolean {
  if (typeof decision === 'string') return decision === 'all'
  return decision.some((filter) =>
    Object.entries(filter).every(
      ([key, values]) => key === field && !isListFilter(values) && listOf(values).includes(value),
    ),
  )
}

function isListFilter(value: RowFilter[string]): value is ListFilterValue {
  return typeof value === 'object' && value !== null && '$contains' in value
}

function listOf(value: FilterValue | readonly FilterValue[]): readonly FilterValue[] {
  return Array.isArray(value) ? value : [value as FilterValue]
}
