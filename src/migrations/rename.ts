import { type Kysely, sql } from 'kysely'
import { renameFormerValues } from '../collections/former-values.ts'
import { dropObjectsOf } from '../collections/schema-objects.ts'
import { type Declarations, readDeclarations, saveDeclaration } from '../collections/stored-declarations.ts'
import { applyIndex, createTimeIndex, renameColumn } from '../collections/table.ts'
import { checkName, execute, type Migration, type MigrationContext, refused } from './migration.ts'

/** Renames a collection with its events, the references to it, the scopes of API keys and the events of webhooks: `rename('memos', 'notes')`. */
export function rename(from: string, to: string): Migration
/** Renames a field: `rename('notes', 'userid', 'userId')`. */
export function rename(collection: string, from: string, to: string): Migration
export function rename(...names: [string, string, string?]): Migration {
  const [first, second, third] = names
  for (const each of names) if (each !== undefined) checkName(each)
  if (/^(id|createdAt|version)$/i.test(names.at(-1) ?? ''))
    throw new TypeError(`A field can't be renamed to ${names.at(-1)}.`)
  if (third === undefined) {
    const name = `rename ${first} to ${second}`
    return { name, fingerprint: name, run: (context) => renameCollection(name, first, second, context) }
  }
  const name = `rename ${first}.${second} to ${third}`
  return { name, fingerprint: name, run: (context) => renameField(name, [first, second, third], context) }
}

async function renameField(
  migration: string,
  [table, from, to]: readonly [string, string, string],
  { db, changed }: MigrationContext,
): Promise<void> {
  const fields = (await readDeclarations(db)).get(table)
  if (fields === undefined) throw refused(migration, `no collection ${table} is stored`)
  const declaration = fields.get(from)
  if (declaration === undefined) throw refused(migration, `no field ${table}.${from} is stored`)
  const taken = [...fields.keys()].find((name) => name.toLowerCase() === to.toLowerCase() && name !== from)
  if (taken !== undefined) throw refused(migration, `a field ${table}.${taken} is stored already`)
  await dropIndexes(db, table, fields)
  await renameColumn(db, table, from, to)
  await renameFormerValues(db, table, from, to)
  await sql`delete from galley_fields where collection = ${table} and field = ${from}`.execute(db)
  await saveDeclaration(db, table, to, { ...declaration, index: 'none' })
  changed.add(table)
}

/** Drops the indexes of a table, whose names or triggers have the names that change; the next step of the start creates them. */
export async function dropIndexes(db: Kysely<unknown>, table: string, fields: Declarations): Promise<void> {
  await dropObjectsOf(db, table)
  for (const [name, declaration] of fields) {
    await applyIndex(db, table, name, 'none')
    await saveDeclaration(db, table, name, { ...declaration, index: 'none' })
  }
}

/** Galley's own tables whose rows belong to the collection that their column `collection` names. */
const tablesByCollection = ['galley_fields', 'galley_trash', 'galley_history', 'galley_history_gone']

async function renameCollection(
  migration: string,
  from: string,
  to: string,
  { db, changed }: MigrationContext,
): Promise<void> {
  const known = await readDeclarations(db)
  const fields = known.get(from)
  if (fields === undefined) throw refused(migration, `no collection ${from} is stored`)
  if (known.has(to)) throw refused(migration, `a collection ${to} is stored already`)
  await dropIndexes(db, from, fields)
  await applyIndex(db, from, 'createdAt', 'none')
  await db.schema.alterTable(from).renameTo(to).execute()
  await createTimeIndex(db, to)
  for (const table of tablesByCollection)
    await execute(db, `update ${table} set collection = ? where collection = ?`, [to, from])
  await sql`update galley_fields set declaration = json_set(declaration, '$.references', ${to})
    where declaration ->> 'references' = ${from}`.execute(db)
  // The topics of a collection have its name, or begin with it and a slash.
  await sql`update galley_events set topic = ${to} || substr(topic, ${from.length + 1})
    where topic = ${from} or topic >= ${`${from}/`} and topic < ${`${from}0`}`.execute(db)
  await renameScopes(db, from, to)
  await renameWebhookEvents(db, from, to)
  if (changed.delete(from)) changed.add(to)
}

async function renameScopes(db: Kysely<unknown>, from: string, to: string): Promise<void> {
  for (const use of ['read', 'write'])
    await execute(db, `update galley_keys set scopes = replace(scopes, ?, ?)`, [`"${from}:${use}"`, `"${to}:${use}"`])
}

/** Endpoints of webhooks choose events by names such as `memos.created`. */
async function renameWebhookEvents(db: Kysely<unknown>, from: string, to: string): Promise<void> {
  await execute(db, `update galley_webhooks set events = replace(events, ?, ?)`, [`"${from}.`, `"${to}.`])
}
