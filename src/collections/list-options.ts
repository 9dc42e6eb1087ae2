/** The query of a list as code gives it: typed, and turned into the parameters that a client sends. */

import type { Fields } from './field.ts'
import type { Direction, ExpandPath, FilterName, Listed, SearchText, SortName } from './list-names.ts'
import type { RowOf } from './row-types.ts'

interface Equality<Value> {
  $eq?: Value
  $ne?: Value
  $in?: readonly Value[]
  $nin?: readonly Value[]
  /** For optional fields. */
  $null?: boolean
}

interface Order<Value> {
  $gt?: Value
  $gte?: Value
  $lt?: Value
  $lte?: Value
  $between?: readonly [least: Value, greatest: Value]
}

interface TextParts {
  $startsWith?: string
  $contains?: string
}

/** What operators compare a value with. */
type Operands<Value> = Equality<Value> &
  ([Value] extends [boolean] ? unknown : Order<Value>) &
  ([Value] extends [string] ? TextParts : unknown)

/** A value, or operators and their values. A list is filtered by a value that it contains. */
export type FilterTerm<Value> =
  NonNullable<Value> extends readonly (infer Item)[]
    ? { $contains?: Item; $null?: boolean }
    : Value | Operands<NonNullable<Value>>

type ValueOf<F extends Fields, Name> = Name extends keyof RowOf<F> ? RowOf<F>[Name] : string | null

/** The values of fields, and groups of which one or all must match. */
export type ListFilter<L extends Listed> = {
  [Name in FilterName<L>]?: FilterTerm<ValueOf<L['fields'], Name>>
} & {
  $or?: readonly ListFilter<L>[]
  $and?: readonly ListFilter<L>[]
}

export interface ListOptions<L extends Listed> {
  /** The values that indexed fields must have, as in `{ room: 'B12', startsAt: { $gte: '2027-01-04T00:00:00Z' } }`. */
  filter?: ListFilter<L>
  /** Words that must be in the row, of the last one the beginning; where the collection declares `search`. */
  search?: SearchText<L>
  /** Fields to sort by, `-` in front for descending order. */
  sort?: `${Direction}${SortName<L>}` | readonly `${Direction}${SortName<L>}`[]
  /** References, as in `['patient', 'doctor.clinic']`, whose rows are put into each row. */
  expand?: readonly ExpandPath<L['fields']>[]
  /** Rows of a page. Default: 50. */
  limit?: number
  /** The `next` of the page before. */
  cursor?: string
  /** True to count all matching rows. */
  count?: boolean
}

export function parametersFrom<L extends Listed>({ filter, sort, ...rest }: ListOptions<L>): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) parameters.set(name, String(value))
  if (sort !== undefined) parameters.set('sort', [sort].flat().join())
  append(parameters, 'filter', filter)
  return parameters
}

function append(parameters: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined) return
  if (value === null) parameters.append(`${name}[$null]`, 'true')
  else if (Array.isArray(value)) {
    for (const [index, each] of value.entries())
      if (typeof each === 'object' && each !== null) append(parameters, `${name}[${index}]`, each)
      else parameters.append(name, `${each as Scalar}`)
  } else if (typeof value === 'object' && value !== null)
    for (const [key, below] of Object.entries(value)) append(parameters, `${name}[${key}]`, below)
  else parameters.append(name, `${value as Scalar}`)
}

type Scalar = string | number | boolean
