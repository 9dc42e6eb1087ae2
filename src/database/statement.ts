import type { Guard, GuardedStatement, SqlValue, Statement } from '../ports/database.ts'

/** A statement of the database port. */
export function statement(sql: string, ...parameters: readonly SqlValue[]): Statement {
  return { sql, parameters }
}

/** A statement that must return a row, else the whole write fails. */
export function guarded(guard: Guard, sql: string, ...parameters: readonly SqlValue[]): GuardedStatement {
  return { sql, parameters, guard }
}
