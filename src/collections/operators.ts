import type { SqlValue } from '../ports/database.ts'
import type { Condition } from './condition.ts'

type BuildCondition = (field: string, values: readonly SqlValue[]) => Condition

/** The operators of `filter[field][$operator]`, each with its SQL. */
export const operators = {
  $eq: comparison('='),
  $in: (field, values) => ({ sql: `"${field}" in (${values.map(() => '?').join()})`, values }),
  $gt: comparison('>'),
  $gte: comparison('>='),
  $lt: comparison('<'),
  $lte: comparison('<='),
  $startsWith: startsWith,
} satisfies Record<string, BuildCondition>

export type Operator = keyof typeof operators

/** For values without an order that means anything. */
export const equalityOperators: readonly Operator[] = ['$eq', '$in']
/** For values with an order. */
export const orderOperators: readonly Operator[] = [...equalityOperators, '$gt', '$gte', '$lt', '$lte']
export const textOperators: readonly Operator[] = [...orderOperators, '$startsWith']

function comparison(sign: string): BuildCondition {
  return (field, values) => ({ sql: `"${field}" ${sign} ?`, values })
}

/** A range, so that the index serves it and no pattern needs escaping. */
function startsWith(field: string, values: readonly SqlValue[]): Condition {
  const [prefix = null] = values
  const end = prefixEnd(String(prefix))
  if (end === null) return { sql: `"${field}" >= ?`, values }
  return { sql: `"${field}" >= ? and "${field}" < ?`, values: [prefix, end] }
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
