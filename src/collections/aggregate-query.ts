/** Reads the query parameters of an aggregate: `sum`, `avg`, `min`, `max`, `group` and `filter[…]`. */
import { detailsMax, type ErrorDetail, invalidField, invalidFields } from '../errors.ts'
import type { AnyCollection } from './declaration.ts'
import { type Column, type Fields, field } from './field.ts'
import { type FilterSet, type ListableFields, noFilters } from './filter-query.ts'
import { addFilters, attempt, isIndexed, splitParameters } from './list-query.ts'

/** Fields of one function. */
const fieldsMax = 10

export const functions = ['sum', 'avg', 'min', 'max'] as const
export type AggregateFunction = (typeof functions)[number]

/** A function of a field, such as the sum of `hours`. */
export interface Term {
  function: AggregateFunction
  field: string
  column: Column
}

export interface AggregateQuery extends FilterSet {
  terms: Term[]
  /** The field by whose values rows are grouped; null for one group of all rows. */
  group: { field: string; column: Column } | null
}

/** Returns the fields that each function takes: numbers have a sum, all values with an order a least one. */
export function aggregateFields({
  fields,
}: AnyCollection): ReadonlyMap<AggregateFunction, ReadonlyMap<string, Column>> {
  const columns = Object.entries(fields as Fields).map(([name, { column }]) => [name, column] as const)
  const createdAt = ['createdAt', field.timestamp().column] as const
  const numbers = new Map(columns.filter(([, { type }]) => type === 'integer' || type === 'number'))
  const ordered = new Map([createdAt, ...columns.filter(([, column]) => hasOrder(column))])
  return new Map(functions.map((name) => [name, name === 'sum' || name === 'avg' ? numbers : ordered]))
}

function hasOrder({ filter }: Column): boolean {
  return filter?.operators.includes('$lt') === true
}

/** Returns the fields that rows may be grouped by: those that have an index. */
export function groupFields(listable: ListableFields): ReadonlyMap<string, Column> {
  return new Map([...listable].filter(([name, column]) => isIndexed(column) && name !== 'id' && name !== 'createdAt'))
}

/** Makes the parser for a collection. The parser throws AppError `validation_failed` that names each bad parameter. */
export function createAggregateParser(
  collection: AnyCollection,
  listable: ListableFields,
): (parameters: URLSearchParams) => AggregateQuery {
  const known = aggregateFields(collection)
  const groups = groupFields(listable)

  return function parse(parameters) {
    const problems: ErrorDetail[] = []
    const query: AggregateQuery = { ...noFilters(), terms: [], group: null }
    const split = splitParameters(parameters)
    for (const [name, value] of split.others) {
      if (problems.length >= detailsMax) break
      attempt(problems, () => {
        const columns = known.get(name as AggregateFunction)
        if (columns !== undefined) query.terms.push(...parseTerms(name as AggregateFunction, value, columns))
        else if (name === 'group') query.group = parseGroup(value, groups)
        else throw invalidField(name.slice(0, 100), 'unknown_parameter', 'there is no such parameter')
      })
    }
    addFilters(query, split, listable, problems)
    if (problems.length > 0) throw invalidFields(problems)
    return query
  }
}

function parseTerms(name: AggregateFunction, text: string, columns: ReadonlyMap<string, Column>): Term[] {
  const names = [...new Set(text.split(',', fieldsMax + 1))]
  if (names.length > fieldsMax) throw invalidField(name, 'too_big', `may have ${fieldsMax} fields at most`)
  return names.map((field) => {
    const column = columns.get(field)
    if (column !== undefined) return { function: name, field, column }
    const known = [...columns.keys()].join(', ') || 'none'
    throw invalidField(
      name,
      'unknown_field',
      `has no field ${JSON.stringify(field.slice(0, 100))}; its fields are ${known}`,
    )
  })
}

function parseGroup(field: string, groups: ReadonlyMap<string, Column>): AggregateQuery['group'] {
  const column = groups.get(field)
  if (column !== undefined) return { field, column }
  throw invalidField('group', 'not_indexed', `there is no indexed field ${JSON.stringify(field.slice(0, 100))}`)
}
