import type { SqlValue } from '../ports/database.ts'
import type { Comparison, Condition } from './condition.ts'

/** Builds the condition of an operator on a column, given as SQL. Nulls among the values are never given. */
type BuildCondition = (column: string, values: readonly SqlValue[], isList: boolean) => Condition

interface OperatorDefinition {
  build: BuildCondition
  /** The number of values, where it is not one; the parameter is repeated for each. */
  values?: 'several' | 'two'
  /** The comparison that an index serves. */
  compares?: (values: readonly SqlValue[]) => Comparison['kind'] | undefined
  /** True for an operator of columns that may be null, whose value is `true` or `false`. */
  isFlag?: boolean
}

/** The operators of `filter[field][$operator]`, each with its SQL. */
export const operators = {
  $eq: { build: comparison('='), compares: equal },
  // `is not` matches null too.
  $ne: { build: comparison('is not') },
  $in: {
    build: (column, values) => ({ sql: `${column} in (${marks(values)})`, values }),
    values: 'several',
    compares: ({ length }) => (length === 1 ? 'equal' : 'several'),
  },
  $nin: {
    build: (column, values) => ({ sql: `(${column} is null or ${column} not in (${marks(values)}))`, values }),
    values: 'several',
  },
  $gt: { build: comparison('>'), compares: range },
  $gte: { build: comparison('>='), compares: range },
  $lt: { build: comparison('<'), compares: range },
  $lte: { build: comparison('<='), compares: range },
  $between: {
    build: (column, values) => ({ sql: `${column} between ? and ?`, values }),
    values: 'two',
    compares: range,
  },
  $startsWith: { build: startsWith, compares: range },
  $contains: { build: contains },
  $null: {
    build: (column, [flag]) => ({ sql: `${column} is ${flag === 1 ? '' : 'not '}null`, values: [] }),
    isFlag: true,
    compares: ([flag]) => (flag === 1 ? 'equal' : undefined),
  },
} satisfies Record<string, OperatorDefinition>

export type Operator = keyof typeof operators

/** Returns what an operator is. */
export function definitionOf(operator: Operator): OperatorDefinition {
  return operators[operator]
}

/** For values without an order that means anything. */
export const equalityOperators: readonly Operator[] = ['$eq', '$ne', '$in', '$nin']
/** For values with an order. */
export const orderOperators: readonly Operator[] = [...equalityOperators, '$gt', '$gte', '$lt', '$lte', '$between']
export const textOperators: readonly Operator[] = [...orderOperators, '$startsWith', '$contains']

function equal() {
  return 'equal' as const
}

function range() {
  return 'range' as const
}

function marks(values: readonly SqlValue[]): string {
  return values.map(() => '?').join()
}

function comparison(sign: string): BuildCondition {
  return (column, values) => ({ sql: `${column} ${sign} ?`, values })
}

/** A range, so that the index serves it and no pattern needs escaping. */
function startsWith(column: string, values: readonly SqlValue[]): Condition {
  const [prefix = null] = values
  const end = prefixEnd(String(prefix))
  if (end === null) return { sql: `${column} >= ?`, values }
  return { sql: `${column} >= ? and ${column} < ?`, values: [prefix, end] }
}

/** A list contains a value, a text another one. */
function contains(column: string, values: readonly SqlValue[], isList: boolean): Condition {
  if (!isList) return { sql: `instr(${column}, ?) > 0`, values }
  return { sql: `exists (select 1 from json_each(${column}) as item where item.value = ?)`, values }
}

/** Returns the least text above every text with this prefix, in order of code points; null when there is none. */
export function prefixEnd(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  while (points.length > 0) {
    const last = points.pop() ?? 0
    // Surrogates are not characters: U+E000 follows U+D7FF.
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
  }
  return null
}
