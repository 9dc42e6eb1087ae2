/** The table and the triggers of the index of a list of references, see `reference-index.ts`. */
import { type Kysely, sql } from 'kysely'
import type { AnyCollection } from './declaration.ts'
import type { SchemaObject } from './indexes.ts'
import { indexColumns, referenceTable } from './reference-index.ts'

/** Returns the table and its triggers as SQL. A change of a list changes the entries that differ, and no others. */
export function referenceObjects({ name }: AnyCollection, field: string): SchemaObject[] {
  const { target, createdAt, id } = indexColumns
  const table = `"${referenceTable(name, field)}"`
  const targetsOf = (row: 'old' | 'new') => `SELECT value FROM json_each(${row}."${field}")`
  const add = (targets: string) =>
    `INSERT OR IGNORE INTO ${table} SELECT value, new."createdAt", new."id" FROM (${targets})`
  const remove = (targets: string) =>
    `DELETE FROM ${table} WHERE "${target}" IN (${targets}) AND "${createdAt}" = old."createdAt" AND "${id}" = old."id"`
  const trigger = (event: string, on: string, ...steps: string[]): SchemaObject => ({
    type: 'trigger',
    name: `${name}.${field}.galley_${event}`,
    sql: `CREATE TRIGGER "${name}.${field}.galley_${event}" AFTER ${on} BEGIN ${steps.join('; ')}; END`,
  })
  return [
    {
      type: 'table',
      name: referenceTable(name, field),
      sql: `CREATE TABLE ${table} ("${target}" TEXT NOT NULL, "${createdAt}" INTEGER NOT NULL, "${id}" TEXT NOT NULL, PRIMARY KEY ("${target}", "${createdAt}", "${id}")) WITHOUT ROWID`,
    },
    trigger('insert', `INSERT ON "${name}"`, add(targetsOf('new'))),
    trigger(
      'update',
      `UPDATE OF "${field}" ON "${name}" WHEN old."${field}" IS NOT new."${field}"`,
      remove(`${targetsOf('old')} EXCEPT ${targetsOf('new')}`),
      add(`${targetsOf('new')} EXCEPT ${targetsOf('old')}`),
    ),
    // For SQL of the app: Galley itself changes neither.
    trigger('move', `UPDATE OF "createdAt", "id" ON "${name}"`, remove(targetsOf('old')), add(targetsOf('new'))),
    trigger('delete', `DELETE ON "${name}"`, remove(targetsOf('old'))),
  ]
}

/** Adds the rows that are stored to a new index. */
export async function fillReferences(db: Kysely<unknown>, { name }: AnyCollection, field: string): Promise<void> {
  const [table, rows] = [sql.id(referenceTable(name, field)), sql.id(name)]
  await sql`insert or ignore into ${table} select item.value, ${rows}."createdAt", ${rows}."id"
    from ${rows}, json_each(${rows}.${sql.id(field)}) as item`.execute(db)
}
