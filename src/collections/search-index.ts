/**
 * The full-text index of a collection: an FTS5 table that has the words of its texts, and a table that gives each row its number in
 * it, because SQLite may number rows anew in a copy. Triggers keep both in the write that changes a row, whoever makes it.
 */
import { type Kysely, sql } from 'kysely'
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'
import type { SchemaObject } from './indexes.ts'

/** Shorter prefixes are no search for a beginning, but for a word. */
export const prefixLengthMin = 2
/** Beginnings of these lengths have an index of their own; of longer ones there are few words. */
const prefixLengths = '2 3 4'

/** The table of words. */
export function searchTable(name: string): string {
  return `${name}.galley_search`
}

/** The table of the number of each row. */
export function numbersTable(name: string): string {
  return `${name}.galley_rows`
}

/** @throws TypeError when a field is not there, or is no text */
export function checkSearch(name: string, fields: Fields, search: readonly string[] | undefined): void {
  if (search === undefined) return
  if (search.length === 0 || new Set(search).size < search.length)
    throw new TypeError(`The search of ${name} must name fields, each once.`)
  for (const field of search) {
    const column = fields[field]?.column
    if (column?.type === 'text' && column.references === null) continue
    throw new TypeError(`The search of ${name} names ${field}, which is not a field of text.`)
  }
}

/** Returns the tables and triggers as SQL. The columns are numbered, because fields may have names that FTS5 reserves. */
export function searchObjects({ name, search = [] }: AnyCollection): SchemaObject[] {
  const [words, numbers] = [`"${searchTable(name)}"`, `"${numbersTable(name)}"`]
  const columns = search.map((_, index) => `c${index}`)
  const fresh = search.map((field) => `new."${field}"`)
  const sets = columns.map((column, index) => `${column} = ${fresh[index]}`)
  const changed = search.map((field) => `old."${field}" IS NOT new."${field}"`)
  const numberOf = (row: string) => `(SELECT number FROM ${numbers} WHERE id = ${row}.id)`
  const trigger = (event: string, on: string, body: string): SchemaObject => ({
    type: 'trigger',
    name: `${name}.galley_${event}`,
    sql: `CREATE TRIGGER "${name}.galley_${event}" AFTER ${on} BEGIN ${body} END`,
  })
  return [
    {
      type: 'table',
      name: numbersTable(name),
      sql: `CREATE TABLE ${numbers} (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)`,
    },
    {
      type: 'table',
      name: searchTable(name),
      sql: `CREATE VIRTUAL TABLE ${words} USING fts5(${columns.join()}, content='', contentless_delete=1, prefix='${prefixLengths}', tokenize='unicode61 remove_diacritics 2')`,
    },
    trigger(
      'insert',
      `INSERT ON "${name}"`,
      `INSERT INTO ${numbers} (id) VALUES (new.id); INSERT INTO ${words} (rowid, ${columns.join()}) VALUES (${numberOf('new')}, ${fresh.join()});`,
    ),
    trigger(
      'update',
      `UPDATE OF ${search.map((field) => `"${field}"`).join()} ON "${name}" WHEN ${changed.join(' OR ')}`,
      `UPDATE ${words} SET ${sets.join()} WHERE rowid = ${numberOf('new')};`,
    ),
    trigger(
      'delete',
      `DELETE ON "${name}"`,
      `DELETE FROM ${words} WHERE rowid = ${numberOf('old')}; DELETE FROM ${numbers} WHERE id = old.id;`,
    ),
  ]
}

/** Adds the rows that are stored to a new index. */
export async function fillSearch(db: Kysely<unknown>, { name, search = [] }: AnyCollection): Promise<void> {
  const [words, numbers, rows] = [sql.id(searchTable(name)), sql.id(numbersTable(name)), sql.id(name)]
  const columns = sql.raw(search.map((_, index) => `c${index}`).join())
  const fields = sql.raw(search.map((field) => `"${field}"`).join())
  await sql`insert into ${numbers} (id) select id from ${rows} order by "createdAt", id`.execute(db)
  await sql`insert into ${words} (rowid, ${columns})
    select number, ${fields} from ${numbers} join ${rows} using (id) order by number`.execute(db)
}
