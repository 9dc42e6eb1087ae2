/**
 * Indexes of several fields, of lists of references and of searches, with their triggers. Each is created by one statement of SQL, which SQLite keeps in
 * its schema. So a start compares the statements that it finds with those that follow from the declarations: it drops what differs
 * before it changes columns, and creates what is missing afterwards.
 */
import { type Kysely, sql } from 'kysely'
import { StartError } from '../errors.ts'
import type { AnyCollection } from './declaration.ts'
import { compositeIndexes, type SchemaObject } from './indexes.ts'
import { listsOfReferences } from './reference-index.ts'
import { fillReferences, referenceObjects } from './reference-objects.ts'
import { fillSearch, searchObjects } from './search-index.ts'

/** Objects that are created and dropped together. */
interface ObjectGroup {
  objects: readonly SchemaObject[]
  /** Fills them from the rows that are stored. */
  fill?(db: Kysely<unknown>): Promise<void>
}

function groupsOf(collection: AnyCollection): ObjectGroup[] {
  const indexes = compositeIndexes(collection).map((object) => ({ objects: [object] }))
  const references = listsOfReferences(collection).map((field) => ({
    objects: referenceObjects(collection, field),
    fill: (db: Kysely<unknown>) => fillReferences(db, collection, field),
  }))
  if (collection.search === undefined) return [...indexes, ...references]
  return [...indexes, ...references, { objects: searchObjects(collection), fill: (db) => fillSearch(db, collection) }]
}

/** Drops the objects that no declaration has, or another one. Returns a function that creates those that are missing. */
export async function dropStale(
  db: Kysely<unknown>,
  collections: readonly AnyCollection[],
): Promise<() => Promise<void>> {
  const stored = await storedObjects(db)
  const missing: ObjectGroup[] = []
  const kept = new Set<string>()
  for (const group of collections.flatMap(groupsOf)) {
    if (group.objects.every(({ name, sql }) => stored.get(name)?.sql === sql))
      for (const { name } of group.objects) kept.add(name)
    else missing.push(group)
  }
  for (const object of stored.values()) if (!kept.has(object.name)) await drop(db, object)
  return async () => {
    for (const group of missing) await create(db, group)
  }
}

/** Drops the objects of one table, which its next start creates again. */
export async function dropObjectsOf(db: Kysely<unknown>, table: string): Promise<void> {
  for (const object of (await storedObjects(db)).values())
    if (object.name.startsWith(`${table}.`)) await drop(db, object)
}

/** Triggers come first, because they name tables. */
async function storedObjects(db: Kysely<unknown>): Promise<Map<string, SchemaObject>> {
  const { rows } = await sql<SchemaObject>`select type, name, sql from sqlite_schema
    where type = 'index' and name like '%.%.%' or name like '%.galley\\_%' escape '\\'
    order by type = 'trigger' desc`.execute(db)
  return new Map(rows.filter(({ name }) => isOurs(name)).map((object) => [object.name, object]))
}

/** The search index has tables of its own, whose names continue its name. */
function isOurs(name: string): boolean {
  return /^\w+\.(\w+\.\w+(\.\w+)*|galley_(search|rows|insert|update|delete))$/.test(name)
}

async function drop(db: Kysely<unknown>, { type, name }: SchemaObject): Promise<void> {
  await sql`drop ${sql.raw(type)} if exists ${sql.id(name)}`.execute(db)
}

async function create(db: Kysely<unknown>, { objects, fill }: ObjectGroup): Promise<void> {
  for (const { name, sql: text } of objects) {
    try {
      await sql.raw(text).execute(db)
    } catch (cause) {
      if (!String(cause).includes('UNIQUE')) throw cause
      const [table, ...fields] = name.split('.')
      throw new StartError(
        `The fields ${fields.join(' and ')} of ${table} are declared unique together, but equal values are stored. Nothing was changed.`,
      )
    }
  }
  await fill?.(db)
}
