/** Changes of a collection's table and its indexes. */
import { type Kysely, sql } from 'kysely'
import { StartError } from '../errors.ts'
import type { Column } from './field.ts'
import { indexName } from './indexes.ts'

export type Index = 'none' | 'plain' | 'unique'

export async function createTable(db: Kysely<unknown>, name: string): Promise<void> {
  await db.schema
    .createTable(name)
    .ifNotExists()
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('createdAt', 'integer', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute()
  await createTimeIndex(db, name)
}

/** The index that the default sort of lists has. */
export async function createTimeIndex(db: Kysely<unknown>, name: string): Promise<void> {
  await db.schema
    .createIndex(indexName(name, ['createdAt']))
    .ifNotExists()
    .on(name)
    .columns(['createdAt', 'id'])
    .execute()
}

export async function addColumn(db: Kysely<unknown>, table: string, name: string, column: Column): Promise<void> {
  await db.schema.alterTable(table).addColumn(name, column.sqlType).execute()
}

/** Removes a column with its data and its index. */
export async function dropColumn(db: Kysely<unknown>, table: string, name: string): Promise<void> {
  await applyIndex(db, table, name, 'none')
  await db.schema.alterTable(table).dropColumn(name).execute()
}

/** Renames a column and removes its index. */
export async function renameColumn(db: Kysely<unknown>, table: string, from: string, to: string): Promise<void> {
  await applyIndex(db, table, from, 'none')
  await db.schema.alterTable(table).renameColumn(from, to).execute()
}

/** A column for a moment; no field can have its name. */
export const copyName = 'galley_copy'

/** Replaces a column of ids, which earlier versions made with a foreign key, by one without. Removes its index. */
export async function dropForeignKey(db: Kysely<unknown>, table: string, name: string): Promise<void> {
  await db.schema.alterTable(table).addColumn(copyName, 'text').execute()
  await sql`update ${sql.table(table)} set ${sql.ref(copyName)} = ${sql.ref(name)}`.execute(db)
  await dropColumn(db, table, name)
  await renameColumn(db, table, copyName, name)
}

/** Returns `TABLE.COLUMN` for each column that has a foreign key. */
export async function foreignKeys(db: Kysely<unknown>): Promise<Set<string>> {
  const { rows } = await sql<{ name: string; sql: string }>`
    select name, sql from sqlite_schema where type = 'table' and sql like '% references %'`.execute(db)
  return new Set(
    rows.flatMap((table) =>
      [...table.sql.matchAll(/"(\w+)" text references /gi)].map(([, column = '']) => `${table.name}.${column}`),
    ),
  )
}

/** Replaces the index of a column. @throws StartError when equal values are stored in a column to be unique */
export async function applyIndex(db: Kysely<unknown>, table: string, name: string, index: Index): Promise<void> {
  await db.schema
    .dropIndex(indexName(table, [name]))
    .ifExists()
    .execute()
  if (index === 'none') return
  const create = db.schema.createIndex(indexName(table, [name])).on(table)
  try {
    // A unique index sorts with one column, because no two rows are equal in it.
    if (index === 'unique') await create.unique().column(name).execute()
    else await create.columns([name, 'createdAt', 'id']).execute()
  } catch (cause) {
    if (!String(cause).includes('UNIQUE')) throw cause
    throw new StartError(
      `The field ${table}.${name} is declared unique, but equal values are stored. Nothing was changed.`,
    )
  }
}
