/** The indexes of a collection: those of one field, and those of several, which `indexes` and `unique` declare. */
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'
import { listsOfReferences, referenceTable } from './reference-index.ts'

/** Fields of one index of several. */
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

/** An index of several fields, or a part of a search index. */
export interface SchemaObject {
  type: 'index' | 'table' | 'trigger'
  name: string
  /** Begins with `CREATE` in capitals, because SQLite keeps it as it is. */
  sql: string
}

/** An index of a table. */
export interface Index {
  name: string
  columns: readonly string[]
  isUnique: boolean
  /** True for the index of a list of references, which is a table to join. */
  isTable?: true
}

const known = new WeakMap<AnyCollection, readonly Index[]>()

/** Returns all indexes of a collection. Unless they are unique, they end in the columns that every sort ends in. */
export function indexesOf(collection: AnyCollection): readonly Index[] {
  let all = known.get(collection)
  if (all === undefined) {
    all = [...indexesOfOne(collection), ...indexesOfSeveral(collection), ...indexesOfReferences(collection)]
    known.set(collection, all)
  }
  return all
}

function indexesOfOne({ name, fields }: AnyCollection): Index[] {
  const system: Index[] = [
    // SQLite makes and names the index of a primary key.
    { name: `sqlite_autoindex_${name}_1`, columns: ['id'], isUnique: true },
    { name: indexName(name, ['createdAt']), columns: ['createdAt', 'id'], isUnique: false },
  ]
  const declared = Object.entries(fields as Fields).filter(([, { column }]) => column.indexed)
  return [...system, ...declared.map(([field, { column }]) => indexOf(name, [field], column.unique))]
}

function indexesOfSeveral({ name, indexes = [], unique = [] }: AnyCollection): Index[] {
  return [
    ...indexes.map((fields) => indexOf(name, fields, false)),
    ...unique.map((fields) => indexOf(name, fields, true)),
  ]
}

function indexesOfReferences(collection: AnyCollection): Index[] {
  return listsOfReferences(collection).map((field) => ({
    name: referenceTable(collection.name, field),
    columns: [field, 'createdAt', 'id'],
    isUnique: false,
    isTable: true,
  }))
}

function indexOf(table: string, fields: readonly string[], isUnique: boolean): Index {
  return { name: indexName(table, fields), columns: isUnique ? fields : [...fields, 'createdAt', 'id'], isUnique }
}

/** Unique, because no name of a table or field has a dot. */
export function indexName(table: string, fields: readonly string[]): string {
  return [table, ...fields].join('.')
}

/** Returns the indexes of several fields as SQL. */
export function compositeIndexes(collection: AnyCollection): SchemaObject[] {
  const table = collection.name
  return indexesOfSeveral(collection).map(({ name, columns, isUnique }) => ({
    type: 'index',
    name,
    sql: `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX "${name}" ON "${table}" (${columns.map((column) => `"${column}"`).join(', ')})`,
  }))
}
