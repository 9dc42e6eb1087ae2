import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteQueryCompiler,
  sql,
  type TableMetadata,
} from 'kysely'
import type { SqlRow, SqlValue } from '../ports/database.ts'

/** Runs one statement on an open connection and returns its rows. */
export type Execute = (sql: string, parameters: readonly SqlValue[]) => readonly SqlRow[]

/**
 * Kysely over any synchronous SQLite: only `execute` differs between node:sqlite and a Durable Object.
 * It opens no transactions, because `Database.migrate` holds one around it.
 */
export function createKysely(execute: Execute): Kysely<unknown> {
  const connection: DatabaseConnection = {
    executeQuery: async <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> => ({
      rows: execute(sql, parameters as readonly SqlValue[]) as R[],
    }),
    streamQuery: () => {
      throw new Error('Streaming is for reads while serving; this connection is for migrations.')
    },
  }
  return new Kysely({ dialect: createDialect(connection) })
}

const nothing = async () => {}

/**
 * Lists the tables for the migrator. Kysely's own introspector reads the columns of each, which a Durable Object forbids for
 * its internal tables (an alarm creates one).
 */
class TableNames implements DatabaseIntrospector {
  readonly #db: Kysely<unknown>

  constructor(db: Kysely<unknown>) {
    this.#db = db
  }

  async getTables(): Promise<TableMetadata[]> {
    const { rows } = await sql<{ name: string }>`select name from sqlite_schema where type = 'table'`.execute(this.#db)
    return rows.map(({ name }) => ({ name, isView: false, isForeign: false, columns: [] }))
  }

  async getSchemas(): Promise<never[]> {
    return []
  }

  async getMetadata(): Promise<{ tables: TableMetadata[] }> {
    return { tables: await this.getTables() }
  }
}

function createDialect(connection: DatabaseConnection): Dialect {
  const driver: Driver = {
    init: nothing,
    acquireConnection: async () => connection,
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    releaseConnection: nothing,
    destroy: nothing,
  }
  return {
    createDriver: () => driver,
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new TableNames(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}
