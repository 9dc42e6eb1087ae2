import type { Kysely } from 'kysely'
import type { ErrorCode } from '../errors.ts'

export type SqlValue = string | number | null
export type SqlRow = Readonly<Record<string, SqlValue>>

/** One SQL statement with `?` for each parameter: 100 at most, so that it runs on every engine. */
export interface Statement {
  sql: string
  parameters: readonly SqlValue[]
  /** The statement must return a row (use RETURNING), else its whole write fails with this error. */
  guard?: Guard
}

export interface Guard {
  error: ErrorCode
  message?: string
  /** The field of the request that is to blame. */
  field?: string
}

/** The rows that each statement of a write returned, in order. */
export type Results = readonly (readonly SqlRow[])[]

/**
 * A statement, or a pure function of what the statements before it returned. It runs inside the
 * transaction, perhaps more than once. What it throws fails the whole write.
 */
export type Step = Statement | ((earlier: Results) => Statement)

/**
 * The one place where data is kept.
 *
 * - A write happens wholly or not at all, and its promise resolves only when it is durable.
 * - Writes take place one after the other, in the order in which they were asked for.
 * - A failing write fails alone, whatever else shares its commit.
 * - Errors are `AppError`s: the guard's own; `conflict` for a broken constraint; `storage_full`;
 *   `storage_unavailable` when the engine can't do its work. After one of the last two during
 *   COMMIT it is open whether the write happened, as it is after a lost connection.
 */
export interface Database {
  /** Names the place of the data, such as a file's device and inode: another one means another history. */
  readonly origin: string
  /** Sees every write that has resolved. May answer at once where the engine is synchronous. */
  read(statement: Statement): readonly SqlRow[] | Promise<readonly SqlRow[]>
  write(steps: readonly Step[]): Promise<Results>
  /** Fails with `storage_unavailable` unless the data can be read and is where it was at the start. */
  check(): Promise<void>
  /** Runs `work` in one transaction of its own, before anything else is served: for migrations. */
  migrate(work: (database: Kysely<unknown>) => Promise<void>): Promise<void>
  /** Finishes what was asked for and lets go of the file. */
  close(): Promise<void>
}
