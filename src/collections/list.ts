/**
 * Lists: `limit`, `cursor`, `sort`, `filter[field][$operator]`, `count`. Pages are found by key, never
 * by offset, so the thousandth costs what the first does. Every sort ends in `createdAt, id`, which
 * makes it total and is how the index of each field goes on.
 */
import { detailsMax, type ErrorDetail, invalidField, invalidFields } from '../errors.ts'
import type { Database, SqlRow, SqlValue, Statement } from '../platform.ts'
import type { AnyCollection } from './collection.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import type { Column, Fields } from './field.ts'
import { andThen, columnsOf } from './rows.ts'

export const limitDefault = 50
export const limitMax = 1000
/** Counting stops here: this number means "so many or more". */
export const countMax = 10_000
/** A page ends early when the texts of its rows have so many characters; `next` goes on. */
export const pageLengthMax = 4 * 1024 * 1024
/** All values of all filters together; engines take a hundred parameters, and the cursor wants some. */
export const filterValuesMax = 40
const sortFieldsMax = 4

export const operators = ['$eq', '$in', '$gt', '$gte', '$lt', '$lte', '$startsWith'] as const
type Operator = (typeof operators)[number]

interface Filter {
  field: string
  operator: Operator
  values: SqlValue[]
}

interface SortTerm {
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

/** A condition in SQL with its values. Put together by hand: a list is hot, and names of fields need no escaping, see `collection`. */
interface Condition {
  sql: string
  values: readonly SqlValue[]
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

function sortText(sort: readonly SortTerm[]): string {
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

/** One page of stored rows, and the cursor that goes on after it. */
export interface Page {
  rows: SqlRow[]
  next: string | null
}

/** Reads a page, in one go where its rows can't be large, else in blocks until it is long enough. */
export function readPage(database: Database, collection: AnyCollection, query: ListQuery): Page | Promise<Page> {
  const block = rowsAtOnce(collection)
  const { sort } = query
  const rows: SqlRow[] = []
  let length = 0

  function readBlock(after: SqlValue[] | null): Page | Promise<Page> {
    const limit = Math.min(block, query.limit - rows.length)
    return andThen(database.read(listStatement(collection, { ...query, limit, after })), (found) => {
      rows.push(...found.slice(0, limit))
      const last = rows.at(-1)
      if (!last || found.length <= limit) return { rows, next: null }
      if (limit === block) length += lengthOf(found)
      if (rows.length === query.limit || length >= pageLengthMax) return { rows, next: cursorAfter(last, sort) }
      return readBlock(keyOf(last, sort))
    })
  }

  return readBlock(query.after)
}

function rowsAtOnce({ fields }: AnyCollection): number {
  const bytes = Object.values(fields as Fields).reduce((sum, { column }) => sum + column.bytesMax, 0)
  return Math.max(1, Math.floor(pageLengthMax / (bytes + 1)))
}

function lengthOf(rows: readonly SqlRow[]): number {
  let length = 0
  for (const row of rows) for (const value of Object.values(row)) if (typeof value === 'string') length += value.length
  return length
}

/** The statement that reads one page and one row more, which tells whether there is a next one. */
export function listStatement(collection: AnyCollection, { limit, sort, filters, after }: ListQuery): Statement {
  const conditions = [...filters.map(filterCondition), ...(after ? [afterCondition(sort, after)] : [])]
  const where = whereOf(conditions)
  const order = sort.map(({ field, descending }) => `"${field}" ${descending ? 'desc' : 'asc'}`)
  const sql = `${selectOf(collection)}${where.sql} order by ${order.join()} limit ?`
  return { sql, parameters: [...where.values, limit + 1] }
}

/** The statement that counts what the filters let through, up to `countMax`. */
export function countStatement({ name }: AnyCollection, { filters }: ListQuery): Statement {
  const { sql, values } = whereOf(filters.map(filterCondition))
  return {
    sql: `select count(*) as count from (select 1 from "${name}"${sql} limit ${countMax})`,
    parameters: values,
  }
}

const selects = new WeakMap<AnyCollection, string>()

function selectOf(collection: AnyCollection): string {
  let text = selects.get(collection)
  if (text === undefined) {
    text = `select ${columnsOf(collection)
      .map((column) => `"${column}"`)
      .join()} from "${collection.name}"`
    selects.set(collection, text)
  }
  return text
}

/** The cursor that goes on after this stored row. */
export function cursorAfter(row: SqlRow, sort: readonly SortTerm[]): string {
  return encodeCursor(sortText(sort), keyOf(row, sort))
}

function keyOf(row: SqlRow, sort: readonly SortTerm[]): SqlValue[] {
  return sort.map(({ field }) => row[field] ?? null)
}

const comparisons = { $eq: '=', $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' } as const

function whereOf(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { sql: '', values: [] }
  return {
    sql: ` where ${conditions.map(({ sql }) => sql).join(' and ')}`,
    values: conditions.flatMap(({ values }) => values),
  }
}

function filterCondition({ field, operator, values }: Filter): Condition {
  if (operator === '$in') return { sql: `"${field}" in (${values.map(() => '?').join()})`, values }
  if (operator !== '$startsWith') return { sql: `"${field}" ${comparisons[operator]} ?`, values }
  // As a range, so that the index serves it and no pattern needs escaping.
  const [value = null] = values
  const end = prefixEnd(String(value))
  if (end === null) return { sql: `"${field}" >= ?`, values }
  return { sql: `"${field}" >= ? and "${field}" < ?`, values: [value, end] }
}

/** The least text above everything that starts with the prefix, in order of code points; null when there is none. */
export function prefixEnd(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  while (points.length > 0) {
    const last = points.pop() ?? 0
    // Surrogates are no characters: what comes after U+D7FF is U+E000.
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
  }
  return null
}

/**
 * The rows behind a key. Where all directions agree it is a comparison of rows, which an index answers
 * whole; else it is a bound on the first field, for the index, and the exact rule beside it.
 */
function afterCondition(sort: readonly SortTerm[], values: readonly SqlValue[]): Condition {
  const [first] = sort
  const [value = null] = values
  if (first && sort.some(({ descending }) => descending !== first.descending)) {
    const exact = strictlyAfter(sort, values)
    const bound = `"${first.field}" ${first.descending ? '<=' : '>='} ?`
    return { sql: `${bound} and ${exact.sql}`, values: [value, ...exact.values] }
  }
  const columns = sort.map(({ field }) => `"${field}"`).join()
  const marks = sort.map(() => '?').join()
  return { sql: `(${columns}) ${first?.descending ? '<' : '>'} (${marks})`, values }
}

/** `a > x or (a = x and (b > y or …))` */
function strictlyAfter(
  [term, ...rest]: readonly SortTerm[],
  [value = null, ...others]: readonly SqlValue[],
): Condition {
  if (!term) return { sql: 'false', values: [] }
  const beyond = `"${term.field}" ${term.descending ? '<' : '>'} ?`
  if (rest.length === 0) return { sql: beyond, values: [value] }
  const further = strictlyAfter(rest, others)
  return {
    sql: `(${beyond} or ("${term.field}" = ? and ${further.sql}))`,
    values: [value, value, ...further.values],
  }
}
