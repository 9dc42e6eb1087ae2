/** The query of a list as code gives it: typed, and turned into the parameters that a client sends. */

import type { Fields } from './field.ts'
import type { RowOf } from './row-types.ts'

type Listable<F extends Fields> = keyof RowOf<F> & string

/** A value, or an operator and its value. */
export type FilterTerm<Value> =
  | Value
  | { [Operator in `$${string}`]?: Operator extends '$in' ? readonly Value[] : unknown }

/** The values of fields, and groups of which one or all must match. */
export type ListFilter<F extends Fields> = { [Name in Listable<F>]?: FilterTerm<RowOf<F>[Name]> } & {
  $or?: readonly ListFilter<F>[]
  $and?: readonly ListFilter<F>[]
}

export interface ListOptions<F extends Fields> {
  /** The values that indexed fields must have, as in `{ room: 'B12', startsAt: { $gte: '2027-01-04T00:00:00Z' } }`. */
  filter?: ListFilter<F>
  /** Words that must be in the row, of the last one the beginning; where the collection declares `search`. */
  search?: string
  /** Fields to sort by, `-` in front for descending order. */
  sort?: SortField<F> | readonly SortField<F>[]
  /** References, as in `['patient', 'doctor.clinic']`, whose rows are put into each row. */
  expand?: readonly string[]
  /** Rows of a page. Default: 50. */
  limit?: number
  /** The `next` of the page before. */
  cursor?: string
  /** True to count all matching rows. */
  count?: boolean
}

type SortField<F extends Fields> = Listable<F> | `-${Listable<F>}`

export function parametersFrom<F extends Fields>({ filter, sort, ...rest }: ListOptions<F>): URLSearchParams {
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
