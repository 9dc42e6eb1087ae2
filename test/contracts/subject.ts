import { sql } from 'kysely'
import type { AppError } from '../../src/errors.ts'
import type { Database, GuardedStatement, SqlValue, Statement } from '../../src/ports/database.ts'

/** An empty database, and the faults that can be put into it. */
export interface Subject {
  database: Database
  /** The next COMMIT fails with an I/O error; nothing of it is kept. */
  failNextCommit(): void
  /** The next statement whose SQL contains this destroys its transaction, as a full disk does. */
  loseTransactionAt(sql: string): void
}

export interface Case {
  name: string
  run(subject: Subject): Promise<void>
}

export const insert = (id: string, n: SqlValue = 0): Statement => ({
  sql: 'insert into things (id, n) values (?, ?) returning id, n',
  parameters: [id, n],
})
export const add = (id: string, amount: number): GuardedStatement => ({
  sql: 'update things set n = n + ? where id = ? returning n',
  parameters: [amount, id],
  guard: { error: 'not_found' },
})
export const insertIfNew = (id: string, n: number): Statement => ({
  sql: 'insert into things (id, n) values (?, ?) on conflict do nothing returning id',
  parameters: [id, n],
  guard: { error: 'precondition_failed' },
})

export const remove = (id: string): Statement => ({
  sql: 'delete from things where id = ? returning id',
  parameters: [id],
  guard: { error: 'not_found' },
})

export async function prepare({ database }: Subject): Promise<void> {
  await database.migrate(async (db) => {
    await sql`create table things (id text primary key, n, name text unique)`.execute(db)
    await sql`create table parts (id text primary key, thing text references things(id) on delete restrict)`.execute(db)
  })
}

export async function all({ database }: Subject): Promise<Record<string, SqlValue>> {
  const rows = await database.read({ sql: 'select id, n from things order by id', parameters: [] })
  return Object.fromEntries(rows.map(({ id, n }) => [String(id), n ?? null]))
}

export async function codeOf(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome
    return 'ok'
  } catch (error) {
    return (error as AppError).code ?? 'other'
  }
}
