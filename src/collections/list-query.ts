/** Reads the query parameters of a list: `limit`, `cursor`, `sort`, `filter[…]`, `fields`, `expand`, `count`, `search`. */

import { type CursorKey, decodeCursor } from '../database/cursor.ts'
import { detailsMax, type ErrorDetail, invalidField, invalidFields } from '../errors.ts'
import type { AnyCollection } from './declaration.ts'
import { checkSelected, type Expand } from './expand-query.ts'
import { type Column, type Fields, field } from './field.ts'
import { type FieldSelection, parseFields } from './field-selection.ts'
import { addFilter, type FilterSet, type ListableColumn, type ListableFields, noFilters } from './filter-query.ts'
import { indexesOf } from './indexes.ts'
import { parseSearch, type Search, searchAfter } from './search-query.ts'

export const limitDefault = 50
export const limitMax = 1000
/** Of all filters together. */
const filterValuesMax = 40
const sortFieldsMax = 4
/** Parameters that are no filters; there are fewer that are known. */
const otherParametersMax = 2 * detailsMax

export interface SortTerm {
  field: string
  descending: boolean
}

export interface ListQuery extends FilterSet {
  limit: number
  sort: SortTerm[]
  /** The position in the sort that the page starts after; null for the first page. */
  after: CursorKey | null
  count: boolean
  fields: FieldSelection
  search: Search | null
  /** References whose rows are put into the row. */
  expand: readonly Expand[]
}

const systemColumns: Readonly<Record<string, Column>> = {
  id: field.text({ indexed: true }).column,
  createdAt: field.timestamp({ indexed: true }).column,
}

/** Returns the fields that the lists of a collection can filter by; they sort by those that are indexed and never null. */
export function listableFields(collection: AnyCollection): ListableFields {
  const indexed = new Set(indexesOf(collection).flatMap(({ columns }) => columns))
  const isListable = (entry: readonly [string, Column]): entry is [string, ListableColumn] => {
    const [name, { filter }] = entry
    return filter !== null && (indexed.has(name) || filter.needsNoIndex === true)
  }
  const declared = Object.entries(collection.fields as Fields).map(([name, { column }]) => [name, column] as const)
  return new Map([...Object.entries(systemColumns), ...declared].filter(isListable))
}

/** Returns true for a field that an index has. */
export function isIndexed({ filter }: ListableColumn): boolean {
  return filter.needsNoIndex !== true
}

/** The parameters that a list has besides filters and sorts. */
export interface OtherParameters {
  /** Of all fields. */
  names?: readonly string[]
  isSearched?: boolean
  parseExpand?: (text: string) => readonly Expand[]
}

/**
 * Parses the parameters of a list.
 * @throws AppError `validation_failed` that names each bad one
 */
export function parseListQuery(
  parameters: URLSearchParams,
  fields: ListableFields,
  { names = [], isSearched = false, parseExpand }: OtherParameters = {},
): ListQuery {
  const problems: ErrorDetail[] = []
  const query: ListQuery = {
    limit: limitDefault,
    sort: parseSort(null, fields),
    ...noFilters(),
    after: null,
    count: false,
    fields: null,
    search: null,
    expand: [],
  }
  let cursor: string | null = null
  const split = splitParameters(parameters)
  for (const [name, value] of split.others) {
    if (problems.length >= detailsMax) break
    attempt(problems, () => {
      if (name === 'limit') query.limit = parseLimit(value)
      else if (name === 'sort') query.sort = parseSort(value, fields)
      else if (name === 'count') query.count = parseFlag(name, value)
      else if (name === 'fields') query.fields = parseFields(value, names)
      else if (name === 'search' && isSearched) query.search = parseSearch(value)
      else if (name === 'expand' && parseExpand) query.expand = parseExpand(value)
      else if (name === 'cursor') cursor = value
      else throw invalidField(name.slice(0, 100), 'unknown_parameter', 'there is no such parameter')
    })
  }
  addFilters(query, split, fields, problems)
  if (query.search !== null && parameters.has('sort'))
    problems.push({
      field: 'sort',
      code: 'not_sortable',
      message: 'must not be given with search, which has an order of its own',
    })
  attempt(problems, () => checkSelected(query.expand, query.fields))
  if (cursor !== null) attempt(problems, () => continueAfter(query, String(cursor)))
  if (problems.length > 0) throw invalidFields(problems)
  return query
}

function continueAfter(query: ListQuery, cursor: string): void {
  const { search, sort } = query
  if (search === null) query.after = decodeCursor(cursor, sortText(sort), sort.length)
  else query.search = searchAfter(search, cursor)
}

/** The parameters of a query: those of filters with the values of each, and others. */
interface SplitParameters {
  filters: ReadonlyMap<string, string[]>
  others: readonly (readonly [name: string, value: string])[]
  hasTooManyValues: boolean
}

export function splitParameters(parameters: URLSearchParams): SplitParameters {
  const others: [string, string][] = []
  const filters = new Map<string, string[]>()
  let values = 0
  for (const [name, value] of parameters) {
    if (values > filterValuesMax || others.length > otherParametersMax) break
    if (name.startsWith('filter[')) {
      filters.set(name, [...(filters.get(name) ?? []), value])
      values += 1
    } else others.push([name, value])
  }
  return { filters, others, hasTooManyValues: values > filterValuesMax }
}

/** Adds the filters to a set, and their problems to a list. */
export function addFilters(
  set: FilterSet,
  { filters, hasTooManyValues }: SplitParameters,
  fields: ListableFields,
  problems: ErrorDetail[],
): void {
  for (const [name, texts] of filters) attempt(problems, () => addFilter(set, name, texts, fields))
  if (hasTooManyValues)
    problems.push({ field: 'filter', code: 'too_big', message: `may have ${filterValuesMax} values at most` })
}

/** Collects the details of an error, so that one response names all of them. */
export function attempt(problems: ErrorDetail[], parse: () => void): void {
  try {
    parse()
  } catch (error) {
    const details = (error as { details?: readonly ErrorDetail[] }).details
    if (!details) throw error
    problems.push(...details)
  }
}

function parseLimit(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > limitMax) throw invalidField('limit', 'out_of_range', `must be 1 to ${limitMax}`)
  return limit
}

function parseFlag(name: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw invalidField(name, 'invalid_value', 'must be true or false')
  return text === 'true'
}

/** Parses `-createdAt,title`. The terms that it adds at the end make the order total. */
function parseSort(text: string | null, fields: ListableFields): SortTerm[] {
  const terms: SortTerm[] = []
  for (const part of text === null ? [] : text.split(',', sortFieldsMax + 1)) {
    const descending = part.startsWith('-')
    const name = descending ? part.slice(1) : part
    const column = fields.get(name)
    if (!column || !isIndexed(column))
      throw invalidField('sort', 'not_indexed', `there is no indexed field ${JSON.stringify(name.slice(0, 100))}`)
    if (column.optional) throw invalidField('sort', 'optional', `${name} may be null, so it cannot be sorted by`)
    if (terms.some((term) => term.field === name)) throw invalidField('sort', 'repeated', `${name} is repeated`)
    terms.push({ field: name, descending })
  }
  if (terms.length > sortFieldsMax) throw invalidField('sort', 'too_big', `may have ${sortFieldsMax} fields at most`)
  const descending = terms.at(-1)?.descending ?? false
  for (const field of ['createdAt', 'id']) {
    if (terms.some((term) => term.field === 'id')) break
    if (!terms.some((term) => term.field === field)) terms.push({ field, descending })
  }
  return terms
}

/** Formats a sort as the parameter gives it. */
export function sortText(sort: readonly SortTerm[]): string {
  return sort.map(({ field, descending }) => (descending ? `-${field}` : field)).join(',')
}
