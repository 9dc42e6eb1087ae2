/**
 * Reads the filters of a list. All of `filter[field][$operator]` must match; of the members of `filter[$or][0][…]`,
 * `filter[$or][1][…]` one must, and of those of `$and` all. The conditions of one member must all match, and a member may have groups.
 */
import { invalidField } from '../errors.ts'
import type { SqlValue } from '../ports/database.ts'
import { type Condition, joined } from './condition.ts'
import type { Column } from './field.ts'
import type { ColumnFilter } from './fields/column.ts'
import { definitionOf, type Operator, operators } from './operators.ts'
import { containsReference } from './reference-index.ts'

/** Groups inside groups. */
export const groupDepthMax = 3
/** Members of one group; the number of all values has a limit of its own. */
const memberPattern = /^\d{1,2}$/

export interface Filter {
  field: string
  column: Column
  operator: Operator
  values: readonly SqlValue[]
}

/** Filters and groups that must all match. */
export interface FilterSet {
  filters: Filter[]
  groups: Map<GroupOperator, FilterGroup>
}

type GroupOperator = '$or' | '$and'
type FilterGroup = Map<string, FilterSet>

/** A column that lists can filter by. */
export interface ListableColumn extends Column {
  filter: ColumnFilter
}

export type ListableFields = ReadonlyMap<string, ListableColumn>

export function noFilters(): FilterSet {
  return { filters: [], groups: new Map() }
}

/** Returns the operators of a column; `$null` is one of those that may be null. */
export function operatorsOf({ filter, optional }: ListableColumn): readonly Operator[] {
  return optional ? [...filter.operators, '$null'] : filter.operators
}

/** Adds the filter of one parameter. @throws AppError `validation_failed` that names it */
export function addFilter(set: FilterSet, name: string, texts: readonly string[], fields: ListableFields): void {
  const label = name.slice(0, 100)
  const path = /^filter(?:\[[^[\]]+\])+$/.test(name) ? name.slice('filter['.length, -1).split('][') : []
  let depth = 0
  let target = set
  while (isGroup(path[0])) {
    const [operator, member = ''] = path.splice(0, 2) as [GroupOperator, string?]
    depth += 1
    if (!memberPattern.test(member))
      throw invalidField(
        label,
        'invalid_group',
        `${operator} needs the number of a member, as in filter[${operator}][0]`,
      )
    if (depth > groupDepthMax)
      throw invalidField(label, 'too_deep', `may have ${groupDepthMax} groups inside each other`)
    target = memberOf(target, operator, String(Number(member)))
  }
  const [field = '', operator = '$eq', ...rest] = path
  if (rest.length > 0) throw invalidField(label, 'unknown_operator', 'must be like filter[field][$operator]')
  target.filters.push(parseFilter(label, field, operator, texts, fields))
}

function isGroup(part: string | undefined): part is GroupOperator {
  return part === '$or' || part === '$and'
}

function memberOf({ groups }: FilterSet, operator: GroupOperator, member: string): FilterSet {
  const group = groups.get(operator) ?? new Map<string, FilterSet>()
  groups.set(operator, group)
  const set = group.get(member) ?? noFilters()
  group.set(member, set)
  return set
}

function parseFilter(
  label: string,
  field: string,
  operatorName: string,
  texts: readonly string[],
  fields: ListableFields,
): Filter {
  const column = fields.get(field)
  if (!column) throw invalidField(label, 'not_indexed', 'there is no such indexed field to filter by')
  const known = operatorsOf(column)
  const operator = known.find((each) => each === operatorName)
  if (!operator) throw invalidField(label, 'unknown_operator', `the operators are ${known.join(' ')}`)
  checkCount(label, operator, texts.length)
  const { isFlag } = definitionOf(operator)
  const values = texts.map((text) => {
    const value = isFlag ? flagOf(text) : column.filter.parse(text)
    if (value === null) throw invalidField(label, 'invalid_value', isFlag ? 'must be true or false' : typeText(column))
    return value
  })
  return { field, column, operator, values }
}

function typeText({ type }: Column): string {
  return type === 'list' || type === 'references' ? 'must be a value of the list' : `must be of type ${type}`
}

function flagOf(text: string): SqlValue {
  return text === 'true' ? 1 : text === 'false' ? 0 : null
}

function checkCount(label: string, operator: Operator, count: number): void {
  const { values } = definitionOf(operator)
  if (values === 'two' && count !== 2)
    throw invalidField(label, 'invalid_value', 'must be given twice: the least value and the greatest')
  if (values === undefined && count > 1)
    throw invalidField(label, 'repeated', `must not be repeated; only ${repeatable.join(', ')} may`)
}

const repeatable = Object.keys(operators).filter((name) => definitionOf(name as Operator).values !== undefined)

/** Returns the conditions of filters on the rows of a table; all must hold. */
export function filterConditions(table: string, { filters, groups }: FilterSet): Condition[] {
  return [
    ...filters.map((filter) => filterCondition(table, filter)),
    ...Array.from(groups, ([operator, members]) => {
      const parts = Array.from(members.values(), (member) => allOf(filterConditions(table, member)))
      return combined(parts, operator === '$or' ? 'or' : 'and')
    }),
  ]
}

/** Names the table, because the parts of a list have columns of their own. */
function filterCondition(table: string, { field, column, operator, values }: Filter): Condition {
  if (column.references?.isList) return containsReference(table, field, values)
  const { build, compares } = definitionOf(operator)
  const condition = build(`"${table}"."${field}"`, values, column.type === 'list')
  const kind = compares?.(values)
  return kind === undefined ? condition : { ...condition, compares: { field, kind } }
}

/** The rows whose list contains a value, as JSON has it. @throws Error for a field that is no list */
export function containsCondition(
  table: string,
  field: string,
  column: Column,
  value: string | number | boolean | null,
): Condition {
  if (column.filter?.needsNoIndex !== true)
    throw new Error(`The field ${table}.${field} has no $contains in an access rule.`)
  if (value === null) return { sql: 'false', values: [] }
  return filterCondition(table, {
    field,
    column,
    operator: '$contains',
    values: [typeof value === 'boolean' ? Number(value) : value],
  })
}

function allOf(conditions: readonly Condition[]): Condition {
  return combined(conditions, 'and')
}

function combined(parts: readonly Condition[], operator: 'and' | 'or'): Condition {
  const sqls = parts.map(({ sql }) => sql)
  return { sql: `(${joined(sqls, operator)})`, values: parts.flatMap(({ values }) => values) }
}
