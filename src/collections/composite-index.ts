/** Indexes of several fields, which `indexes` and `unique` declare. */
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'
import type { SchemaObject } from './table.ts'

/** Fields of one index. */
const fieldsMax = 4

/** @throws TypeError for a declaration that no index can have */
export function checkIndexes(name: string, fields: Fields, options: Pick<AnyCollection, 'indexes' | 'unique'>): void {
  const seen = new Set<string>()
  for (const list of declaredIndexes(options)) {
    const label = `The index of ${list.join(', ')} of ${name}`
    if (list.length < 2 || list.length > fieldsMax) throw new TypeError(`${label} must have 2 to ${fieldsMax} fields.`)
    if (new Set(list).size < list.length || seen.has(list.join())) throw new TypeError(`${label} is repeated.`)
    seen.add(list.join())
    for (const field of list) checkField(label, field, fields)
  }
}

function checkField(label: string, name: string, fields: Fields): void {
  const column = fields[name]?.column
  if (column === undefined) throw new TypeError(`${label} names ${name}, which is not a field.`)
  if (column.filter === null || column.filter.needsNoIndex)
    throw new TypeError(`${label} names ${name}, which is a kind without an index.`)
  if (column.bytesMax > indexedBytesMax)
    throw new TypeError(`${label} names ${name}, which may be too long: an indexed text has 1,000 characters at most.`)
}

/** Of a text of a thousand UTF-16 units. */
const indexedBytesMax = 3000

function declaredIndexes({
  indexes = [],
  unique = [],
}: Pick<AnyCollection, 'indexes' | 'unique'>): (readonly string[])[] {
  return [...indexes, ...unique]
}

/** Returns the names of the fields that are in an index of several. */
export function fieldsInIndexes(collection: AnyCollection): ReadonlySet<string> {
  return new Set(declaredIndexes(collection).flat())
}

/** Returns the indexes as SQL. Like those of one field they end in the columns that every sort ends in, unless they are unique. */
export function compositeIndexes({ name, indexes = [], unique = [] }: AnyCollection): SchemaObject[] {
  return [
    ...indexes.map((fields) => index(name, fields, [...fields, 'createdAt', 'id'], '')),
    ...unique.map((fields) => index(name, fields, fields, 'UNIQUE ')),
  ]
}

function index(table: string, fields: readonly string[], columns: readonly string[], unique: string): SchemaObject {
  const name = [table, ...fields].join('.')
  const list = columns.map((column) => `"${column}"`).join(', ')
  return { type: 'index', name, sql: `CREATE ${unique}INDEX "${name}" ON "${table}" (${list})` }
}
