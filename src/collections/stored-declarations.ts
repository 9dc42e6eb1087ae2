/** The declarations of the last start, as `galley_fields` keeps them. */
import { type Kysely, sql } from 'kysely'
import type { Column } from './field.ts'
import type { Index } from './table.ts'

/** A field as `galley_fields` keeps it, as JSON with its keys in this order. */
export interface Declaration {
  type: string
  optional: boolean
  index: Index
  references: string | null
  /** False once the code no longer declares it. */
  present: boolean
}

export type Declarations = Map<string, Declaration>

/** Returns the fields of each collection by its name. */
export async function readDeclarations(db: Kysely<unknown>): Promise<Map<string, Declarations>> {
  const { rows } = await sql<{ collection: string; field: string; declaration: string }>`
    select collection, field, declaration from galley_fields`.execute(db)
  const known = new Map<string, Declarations>()
  for (const row of rows) {
    const fields = known.get(row.collection) ?? new Map<string, Declaration>()
    known.set(row.collection, fields.set(row.field, JSON.parse(row.declaration) as Declaration))
  }
  return known
}

export function declarationOf(column: Column): Declaration {
  return {
    type: column.type,
    optional: column.optional,
    index: column.unique ? 'unique' : column.indexed ? 'plain' : 'none',
    references: column.references?.collection ?? null,
    present: true,
  }
}

export async function saveDeclaration(
  db: Kysely<unknown>,
  collection: string,
  field: string,
  declaration: Declaration,
): Promise<void> {
  const text = JSON.stringify(declaration)
  await sql`insert into galley_fields (collection, field, declaration) values (${collection}, ${field}, ${text})
    on conflict (collection, field) do update set declaration = excluded.declaration`.execute(db)
}
