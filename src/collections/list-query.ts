/** Lists as they are asked for: `limit`, `cursor`, `sort`, `filter[field][$operator]`, `count`. */

import { decodeCursor } from '../database/cursor.ts'
import { detailsMax, type ErrorDetail, invalidField, invalidFields } from '../errors.ts'
import type { SqlValue } from '../ports/database.ts'
import type { AnyCollection } from './declaration.ts'
import type { Column, Fields } from './field.ts'

export const limitDefault = 50
export const limitMax = 1000
/** All values of all filters together; engines take a hundred parameters, and the cursor wants some. */
export const filterValuesMax = 40
const sortFieldsMax = 4

export const operators = ['$eq', '$in', '$gt', '$gte', '$lt', '$lte', '$startsWith'] as const
type Operator = (typeof operators)[number]

export interface Filter {
  field: string
  operator: Operator
  values: SqlValue[]
}

export interface SortTerm {
  field: string
  descending: boolean
}

/** A list as it was asked for. */
export interface ListQuery {
  limit: number
  sort: SortTerm[]
  filters: Filter[]
  after: SqlValue[] | null
  count: boolean
}

/** The fields that a list of this collection may name, with their columns. */
export function listableFields({ fields }: AnyCollection): ReadonlyMap<string, Column> {
  const plain: Omit<Column, 'type'> = {
    optional: false,
    indexed: true,
    unique: false,
    references: null,
    bytesMax: 32,
    default: null,
    encode: (value) => value as SqlValue,
    decode: (stored) => stored,
  }
  return new Map<string, Column>([
    ['id', { ...plain, type: 'text' }],
    ['createdAt', { ...plain, type: 'timestamp', encode: (value) => Date.parse(value as string) }],
    ...Object.entries(fields as Fields).flatMap(([name, { column }]) =>
      column.indexed ? [[name, column] as [string, Column]] : [],
    ),
  ])
}

/** Reads a list's parameters. @throws AppError `validation_failed` that names each bad one */
export function parseListQuery(parameters: URLSearchParams, fields: ReadonlyMap<string, Column>): ListQuery {
  const problems: ErrorDetail[] = []
  const query: ListQuery = {
    limit: limitDefault,
    sort: parseSort(null, fields),
    filters: [],
    after: null,
    count: false,
  }
  const filters = new Map<string, string[]>()
  let filterValues = 0
  let cursor: string | null = null
  for (const [name, value] of parameters) {
    if (problems.length >= detailsMax || filterValues > filterValuesMax) break
    attempt(problems, () => {
      if (name === 'limit') query.limit = parseLimit(value)
      else if (name === 'sort') query.sort = parseSort(value, fields)
      else if (name === 'count') query.count = parseFlag(name, value)
      else if (name === 'cursor') cursor = value
      else if (name.startsWith('filter[')) {
        filters.set(name, [...(filters.get(name) ?? []), value])
        filterValues += 1
      } else throw invalidField(name.slice(0, 100), 'unknown_parameter', 'there is no such parameter')
    })
  }
  for (const [name, values] of filters) attempt(problems, () => query.filters.push(parseFilter(name, values, fields)))
  if (filterValues > filterValuesMax)
    problems.push({ field: 'filter', code: 'too_big', message: `may have ${filterValuesMax} values at most` })
  const after = cursor
  if (after !== null)
    attempt(problems, () => {
      query.after = decodeCursor(after, sortText(query.sort), query.sort.length)
    })
  if (problems.length > 0) throw invalidFields(problems)
  return query
}

/** Gathers what is wrong, so that one answer names all of it. */
function attempt(problems: ErrorDetail[], parse: () => void): void {
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

/** `-createdAt,title` and so on; what follows makes it total. */
function parseSort(text: string | null, fields: ReadonlyMap<string, Column>): SortTerm[] {
  const terms: SortTerm[] = []
  for (const part of text === null ? [] : text.split(',', sortFieldsMax + 1)) {
    const descending = part.startsWith('-')
    const name = descending ? part.slice(1) : part
    const column = fields.get(name)
    if (!column)
      throw invalidField('sort', 'not_indexed', `there is no indexed field ${JSON.stringify(name.slice(0, 100))}`)
    if (column.optional) throw invalidField('sort', 'optional', `${name} may be null, so it does not sort`)
    if (terms.some((term) => term.field === name)) throw invalidField('sort', 'repeated', `${name} stands twice`)
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

/** The sort as a cursor names it. */
export function sortText(sort: readonly SortTerm[]): string {
  return sort.map(({ field, descending }) => (descending ? `-${field}` : field)).join(',')
}

const filterName = /^filter\[([^[\]]+)\](?:\[(\$[a-zA-Z]+)\])?$/

function parseFilter(name: string, values: readonly string[], fields: ReadonlyMap<string, Column>): Filter {
  const [, field = '', operatorName = '$eq'] = filterName.exec(name) ?? []
  const column = fields.get(field)
  const label = name.slice(0, 100)
  if (!column) throw invalidField(label, 'not_indexed', 'there is no such indexed field to filter by')
  const operator = operators.find((known) => known === operatorName)
  if (!operator) throw invalidField(label, 'unknown_operator', `the operators are ${operators.join(' ')}`)
  if (operator !== '$in' && values.length > 1) throw invalidField(label, 'repeated', 'stands twice; only $in may')
  if (operator === '$startsWith' && column.type !== 'text')
    throw invalidField(label, 'unknown_operator', '$startsWith is for text')
  return { field, operator, values: values.map((value) => parseValue(label, value, column)) }
}

function parseValue(label: string, text: string, column: Column): SqlValue {
  const value = parsers[column.type](text)
  if (value === null) throw invalidField(label, 'invalid_value', `must be of type ${column.type}`)
  return value
}

const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/
/** A number as JSON writes it (RFC 8259 §6), of a length that any double fits in. */
const number = /^(?=.{1,40}$)-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

function parseNumber(text: string): number {
  return number.test(text) ? Number(text) : Number.NaN
}

/** How the text of a filter becomes a stored value, by the column's type; null when it can't. */
const parsers: Record<Column['type'], (text: string) => SqlValue> = {
  text: (text) => (text.includes('\0') ? null : text),
  boolean: (text) => (text === 'true' ? 1 : text === 'false' ? 0 : null),
  integer: (text) => (Number.isSafeInteger(parseNumber(text)) ? Number(text) : null),
  number: (text) => (Number.isFinite(parseNumber(text)) ? Number(text) : null),
  timestamp: (text) => (isoTime.test(text) && !Number.isNaN(Date.parse(text)) ? Date.parse(text) : null),
  json: () => null,
}
