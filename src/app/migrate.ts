/** Brings the stored data to what the code declares, in one transaction. */
import { type Kysely, sql } from 'kysely'
import type { AnyCollection } from '../collections/declaration.ts'
import { applySchema } from '../collections/schema.ts'
import { renewEpoch } from '../database/epoch.ts'
import { migrate } from '../database/migrate.ts'
import { applyMigrations } from '../migrations/apply.ts'
import type { Migration } from '../migrations/migration.ts'
import type { Platform } from '../ports/platform.ts'

/** The differences between what is stored and what the code declares. */
export interface Changes {
  /** The names of the app's migrations that ran, in order. */
  migrations: readonly string[]
  /** Lines that each describe what followed from the declarations, as in `add the field notes.title`. */
  declarations: readonly string[]
}

interface MigrateOptions {
  platform: Platform
  collections: readonly AnyCollection[]
  migrations: readonly Migration[]
}

/** Migrates the database, and resolves with its epoch. @throws StartError when the stored data does not fit */
export async function migrateDatabase({ platform, collections, migrations }: MigrateOptions): Promise<string> {
  let epoch = ''
  await platform.database.migrate(async (db) => {
    await migrate(db)
    await applyMigrations(db, { migrations, collections, nowMs: platform.now() })
    await applySchema(db, collections)
    epoch = await renewEpoch(db, platform)
  })
  return epoch
}

/** Ends a dry run, so that its transaction is undone. */
class DryRun extends Error {
  readonly changes: Changes

  constructor(changes: Changes) {
    super('A dry run changes nothing.')
    this.changes = changes
  }
}

/** Returns what `migrateDatabase` would change, by making the changes and undoing them. @throws StartError as it does */
export async function planMigration({ platform, collections, migrations }: MigrateOptions): Promise<Changes> {
  try {
    await platform.database.migrate(async (db) => {
      await migrate(db)
      const ran = await applyMigrations(db, { migrations, collections, nowMs: platform.now() })
      const before = await readSchema(db)
      await applySchema(db, collections)
      throw new DryRun({ migrations: ran, declarations: differences(before, await readSchema(db)) })
    })
  } catch (error) {
    if (error instanceof DryRun) return error.changes
    throw error
  }
  throw new Error('A dry run must not commit.')
}

/** The names of fields, as `field notes.title`, and of indexes with their definitions. */
type Schema = ReadonlyMap<string, string>

async function readSchema(db: Kysely<unknown>): Promise<Schema> {
  const fields = await sql<{ name: string; definition: string }>`select
    'field ' || collection || '.' || field as name, declaration ->> 'type' || ' ' || (declaration ->> 'optional') || ' ' ||
    coalesce(declaration ->> 'references', '') || ' ' || (declaration ->> 'present') as definition from galley_fields`.execute(
    db,
  )
  const objects = await sql<{ name: string; definition: string }>`select
    type || ' ' || name as name, sql as definition from sqlite_schema
    where sql is not null and name not like 'galley\\_%' escape '\\' and name not like '%.galley\\_search\\_%' escape '\\'
      and (type <> 'table' or sql not like '%using fts5%')`.execute(db)
  // The text of a table has its columns, which are listed as fields.
  const rows = [...fields.rows, ...objects.rows].map(({ name, definition }) => [name, definition] as const)
  return new Map(rows.map(([name, definition]) => [name, name.startsWith('table ') ? '' : definition]))
}

function differences(before: Schema, after: Schema): string[] {
  const lines: string[] = []
  for (const [name, definition] of after) {
    const was = before.get(name)
    if (was === undefined) lines.push(`add the ${name}`)
    else if (was !== definition)
      lines.push(definition.endsWith(' 0') ? `retire the ${name}, whose data stays` : `change the ${name}`)
  }
  for (const name of before.keys()) if (!after.has(name)) lines.push(`drop the ${name} with its data`)
  return lines
}
