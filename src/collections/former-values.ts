/** Former values of fields that are not declared as they were, in the trash and in histories. */
import { type Kysely, sql } from 'kysely'

const kept = [
  { table: 'galley_trash', column: 'row' },
  { table: 'galley_history', column: 'changes' },
  { table: 'galley_history', column: 'moves' },
] as const

/** Deletes the former values of a field. */
export async function dropFormerValues(db: Kysely<unknown>, collection: string, field: string): Promise<void> {
  const path = pathOf(field)
  for (const { table, column } of kept) {
    const json = sql.ref(column)
    await sql`update ${sql.table(table)} set ${json} = json_remove(${json}, ${path})
      where collection = ${collection} and json_type(${json}, ${path}) is not null`.execute(db)
  }
}

export async function renameFormerValues(
  db: Kysely<unknown>,
  collection: string,
  from: string,
  to: string,
): Promise<void> {
  const path = pathOf(from)
  for (const { table, column } of kept) {
    const json = sql.ref(column)
    await sql`update ${sql.table(table)}
      set ${json} = json_set(json_remove(${json}, ${path}), ${pathOf(to)}, ${json} -> ${path})
      where collection = ${collection} and json_type(${json}, ${path}) is not null`.execute(db)
  }
}

function pathOf(field: string): string {
  return `$."${field}"`
}
