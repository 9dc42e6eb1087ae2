/** Making statements, running the steps of a write, and the few steps that most writes are made of. */
import type { Guard, GuardedStatement, Results, SqlRow, SqlValue, Statement, Steps, Write } from '../ports/database.ts'
import { guardError } from './failure.ts'

/** A statement of the database port. */
export function statement(sql: string, ...parameters: readonly SqlValue[]): Statement {
  return { sql, parameters }
}

/** A statement that must return a row, else the whole write fails. */
export function guarded(guard: Guard, sql: string, ...parameters: readonly SqlValue[]): GuardedStatement {
  return { sql, parameters, guard }
}

/** One attempt at a write. */
export class Attempt {
  /** The number of statements that have taken effect. */
  statements = 0
  readonly #committed: (() => void)[] = []

  ran({ afterCommit }: Statement, rows: readonly SqlRow[]): void {
    this.statements += 1
    if (afterCommit !== undefined) this.#committed.push(() => afterCommit(rows))
  }

  /** Calls `afterCommit` of its statements. To be called once the write is durable, before its promise resolves. */
  committed(): void {
    for (const callback of this.#committed) callback()
  }
}

/**
 * Runs a write on a synchronous engine, inside a transaction that the caller holds.
 * @throws AppError of the first guard whose statement returned no row, and what the steps or the engine throw
 */
export function runWrite<T>(
  write: Write<T>,
  execute: (statement: Statement) => readonly SqlRow[],
  attempt = new Attempt(),
): T {
  const steps = write()
  let next = steps.next()
  while (!next.done) {
    const results: (readonly SqlRow[])[] = []
    for (const statement of next.value) {
      const rows = execute(statement)
      if (statement.guard && rows.length === 0) throw guardError(statement.guard)
      attempt.ran(statement, rows)
      results.push(rows)
    }
    next = steps.next(results)
  }
  return next.value
}

/** Runs one statement and returns its rows. */
export function* run(statement: Statement): Steps<readonly SqlRow[]> {
  const [rows = []] = yield [statement]
  return rows
}

/** Runs statements as one batch and returns the rows of each. */
export function* runAll(...statements: readonly Statement[]): Steps<Results> {
  return yield statements
}

/** Runs a statement whose guard requires a row, and returns the first. */
export function* one(statement: GuardedStatement): Steps<SqlRow> {
  const [row] = yield* run(statement)
  if (row === undefined) throw guardError(statement.guard)
  return row
}
