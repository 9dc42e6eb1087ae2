/**
 * Migrates tables to their declarations. `galley_fields` keeps the declarations of the last start, so
 * that a start without changes reads one small table and writes nothing, and so that a field that was
 * removed and comes back is recognised. Columns are never NOT NULL: a field that was removed from the code
 * keeps its column, and rows without it must still be accepted. Validation happens before the write.
 * Columns have no foreign keys either: references are checked inside the write, and those that an earlier
 * version made are removed.
 */
import { type Kysely, sql } from 'kysely'
import { StartError } from '../errors.ts'
import type { AnyCollection } from './declaration.ts'
import type { Column, Fields } from './field.ts'
import { dropFormerValues, renameFormerValues } from './former-values.ts'
import { dropStale } from './schema-objects.ts'
import {
  type Declaration,
  type Declarations,
  declarationOf,
  readDeclarations,
  saveDeclaration,
} from './stored-declarations.ts'
import { addColumn, applyIndex, createTable, dropColumn, dropForeignKey, foreignKeys, renameColumn } from './table.ts'

/** Columns of a table on Cloudflare's SQLite, which has the lowest limit. */
const columnsMax = 100
/** `id`, `createdAt` and `version`. */
const systemColumns = 3

/** Creates and changes the tables of these collections. @throws StartError when stored rows do not fit */
export async function applySchema(db: Kysely<unknown>, collections: readonly AnyCollection[]): Promise<void> {
  const known = await readDeclarations(db)
  await dropForeignKeys(db, known)
  const createObjects = await dropStale(db, collections)
  for (const collection of collections) {
    const before = known.get(collection.name)
    if (!before) await createTable(db, collection.name)
    await applyFields(db, collection, before ?? new Map())
    known.delete(collection.name)
  }
  for (const [name, before] of known) await retireFields(db, name, before, {})
  await createObjects()
}

/** Removes the foreign keys of all collections, declared or not: one that is left would block deletions for ever. */
async function dropForeignKeys(db: Kysely<unknown>, known: ReadonlyMap<string, Declarations>): Promise<void> {
  const keys = await foreignKeys(db)
  if (keys.size === 0) return
  for (const [table, fields] of known) {
    for (const [name, { index }] of fields) {
      if (!keys.has(`${table}.${name}`)) continue
      await dropForeignKey(db, table, name)
      await applyIndex(db, table, name, index)
    }
  }
}

async function applyFields(db: Kysely<unknown>, collection: AnyCollection, before: Declarations): Promise<void> {
  await dropFields(db, collection, before)
  await renameByCase(db, collection, before)
  checkColumns(collection, before)
  for (const [name, { column }] of Object.entries(collection.fields as Fields)) {
    const now = declarationOf(column)
    const then = before.get(name)
    if (then && JSON.stringify(then) === JSON.stringify(now)) continue
    if (then) refuseChangedType(collection.name, name, then, now)
    else await addColumn(db, collection.name, name, column)
    if (then?.present === false) await clearDangling(db, collection.name, name, column)
    if (!now.optional) await fillGaps(db, collection.name, name, column)
    if (then?.index !== now.index) await applyIndex(db, collection.name, name, now.index)
    await saveDeclaration(db, collection.name, name, now)
  }
  await retireFields(db, collection.name, before, collection.fields)
}

/** Notes the fields that are no longer declared. They keep their data. */
async function retireFields(db: Kysely<unknown>, table: string, before: Declarations, fields: Fields): Promise<void> {
  for (const [name, then] of before) {
    if (Object.hasOwn(fields, name) || !then.present) continue
    if (then.index !== 'none') await applyIndex(db, table, name, 'none')
    await saveDeclaration(db, table, name, { ...then, index: 'none', present: false })
  }
}

/** Deletes the data of removed fields that the declaration drops. */
async function dropFields(
  db: Kysely<unknown>,
  { name, dropped = [] }: AnyCollection,
  before: Declarations,
): Promise<void> {
  for (const field of dropped) {
    if (!before.delete(field)) continue
    await dropColumn(db, name, field)
    await dropFormerValues(db, name, field)
    await sql`delete from galley_fields where collection = ${name} and field = ${field}`.execute(db)
  }
}

/** Renames the columns of fields whose names changed by case alone, because SQL does not tell those apart. */
async function renameByCase(db: Kysely<unknown>, { name, fields }: AnyCollection, before: Declarations): Promise<void> {
  const declared = new Map(Object.keys(fields).map((key) => [key.toLowerCase(), key]))
  for (const [from, declaration] of before.entries().toArray()) {
    const to = declared.get(from.toLowerCase())
    if (to === undefined || to === from) continue
    await renameColumn(db, name, from, to)
    await renameFormerValues(db, name, from, to)
    await sql`update galley_fields set field = ${to} where collection = ${name} and field = ${from}`.execute(db)
    before.delete(from)
    before.set(to, { ...declaration, index: 'none' })
  }
}

/** @throws StartError when the removed fields leave no room for the new ones */
function checkColumns({ name, fields }: AnyCollection, before: Declarations): void {
  const removed = [...before.keys()].filter((key) => !Object.hasOwn(fields, key))
  const count = systemColumns + Object.keys(fields).length + removed.length
  if (count <= columnsMax) return
  throw new StartError(
    `The table ${name} would have ${count} columns, and ${columnsMax} is the maximum, because removed fields keep their data. ` +
      `Name those whose data may be deleted in the option "dropped" of the collection: ${removed.join(', ')}. Nothing was changed.`,
  )
}

function refuseChangedType(table: string, field: string, then: Declaration, now: Declaration): void {
  if (then.type === now.type && then.references === now.references) return
  throw new StartError(
    `The field ${table}.${field} is declared as ${typeName(now)}, but what is stored was declared as ${typeName(then)}. ` +
      `Put the old type back, or convert the values by a migration, change('${table}', '${field}', …); nothing was changed.`,
  )
}

function typeName({ type, references }: Declaration): string {
  return references === null ? type : `${type === 'references' ? type : 'a reference'} to ${references}`
}

/** Removes references to rows that were deleted while their field was not declared. */
async function clearDangling(db: Kysely<unknown>, table: string, name: string, column: Column): Promise<void> {
  if (column.references === null) return
  const field = sql.ref(name)
  if (column.references.isList) {
    await clearDanglingElements(db, table, name, column.references.collection)
    return
  }
  await sql`update ${sql.table(table)} set ${field} = null where ${field} is not null
    and ${field} not in (select id from ${sql.table(column.references.collection)})`.execute(db)
}

async function clearDanglingElements(db: Kysely<unknown>, table: string, name: string, target: string): Promise<void> {
  const field = sql.ref(name)
  const isThere = sql`value in (select id from ${sql.table(target)})`
  await sql`update ${sql.table(table)}
    set ${field} = (select json_group_array(value) from (select value from json_each(${field}) where ${isThere} order by key))
    where exists (select 1 from json_each(${field}) where not ${isThere})`.execute(db)
}

/** Gives the default of a new required field to the rows that are older. @throws StartError when it has none */
async function fillGaps(db: Kysely<unknown>, table: string, name: string, column: Column): Promise<void> {
  const gap = sql`${sql.ref(name)} is null`
  if (column.default !== null) {
    await sql`update ${sql.table(table)} set ${sql.ref(name)} = ${column.default} where ${gap}`.execute(db)
    return
  }
  const { rows } = await sql`select 1 from ${sql.table(table)} where ${gap} limit 1`.execute(db)
  if (rows.length === 0) return
  throw new StartError(
    `The field ${table}.${name} is required, but rows are stored that have no value for it. ` +
      'Give it a default or make it optional; nothing was changed.',
  )
}
