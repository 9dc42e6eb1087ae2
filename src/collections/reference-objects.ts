/** The table and the triggers of the index of a list of references, see `reference-index.ts`. */
import { type Kysely, sql } from 'kysely'
import type { AnyCollection } from './declaration.ts'
import type { SchemaObject } from './indexes.ts'
import { indexColumns, referenceTable } from './reference-index.ts'

const all = `"${indexColumns.target}", "${indexColumns.createdAt}", "${indexColumns.id}"`

/** Returns the table and its triggers as SQL. A trigger changes the entries that differ, and no others. */
export function referenceObjects({ name }: AnyCollection, field: string): SchemaObject[] {
  const table = `"${referenceTable(name, field)}"`
  const entriesOf = (row: 'old' | 'new') =>
    `SELECT value, ${row}."createdAt", ${row}."id" FROM json_each(${row}."${field}")`
  const add = `INSERT OR IGNORE INTO ${table} ${entriesOf('new')}`
  const remove = `DELETE FROM ${table} WHERE (${all}) IN (${entriesOf('old')}`
  const changed = [field, 'createdAt', 'id'].map((column) => `old."${column}" IS NOT new."${column}"`)
  const trigger = (event: string, on: string, body: string): SchemaObject => ({
    type: 'trigger',
    name: `${name}.${field}.galley_${event}`,
    sql: `CREATE TRIGGER "${name}.${field}.galley_${event}" AFTER ${on} BEGIN ${body}; END`,
  })
  return [
    {
      type: 'table',
      name: referenceTable(name, field),
      sql: `CREATE TABLE ${table} ("${indexColumns.target}" TEXT NOT NULL, "${indexColumns.createdAt}" INTEGER NOT NULL, "${indexColumns.id}" TEXT NOT NULL, PRIMARY KEY (${all})) WITHOUT ROWID`,
    },
    trigger('insert', `INSERT ON "${name}"`, add),
    trigger(
      'update',
      `UPDATE OF "${field}", "createdAt", "id" ON "${name}" WHEN ${changed.join(' OR ')}`,
      `${remove} EXCEPT ${entriesOf('new')}); ${add} EXCEPT ${entriesOf('old')}`,
    ),
    trigger('delete', `DELETE ON "${name}"`, `${remove})`),
  ]
}

/** Adds the rows that are stored to a new index. */
export async function fillReferences(db: Kysely<unknown>, { name }: AnyCollection, field: string): Promise<void> {
  const [table, rows] = [sql.id(referenceTable(name, field)), sql.id(name)]
  await sql`insert or ignore into ${table} select item.value, ${rows}."createdAt", ${rows}."id"
    from ${rows}, json_each(${rows}.${sql.id(field)}) as item`.execute(db)
}
