import type { Kysely } from 'kysely'
import type { ErrorCode } from '../errors.ts'

export type SqlValue = string | number | null
export type SqlRow = Readonly<Record<string, SqlValue>>

/** One SQL statement with `?` for each parameter: 1,000 at most, so that it runs on every engine. */
export interface Statement {
  sql: string
  parameters: readonly SqlValue[]
  /** The statement must return a row (use RETURNING), else its whole write fails with this error. */
  guard?: Guard
  /** Receives the rows of the statement once its write is durable, before the promise of the write resolves. Must not throw. */
  afterCommit?(rows: readonly SqlRow[]): void
}

/** A statement that returns a row, or fails its write. */
export type GuardedStatement = Statement & { guard: Guard }

export interface Guard {
  error: ErrorCode
  message?: string
  /** The field of the request that is to blame. */
  field?: string
}

/** The rows that each statement of one batch returned, in the batch's order. */
export type Results = readonly (readonly SqlRow[])[]

/**
 * The steps of a write: a generator that yields statements, receives their rows, and returns the result of the write. A
 * yielded array is one batch: its statements do not read each other's rows, so an engine may send them in one round trip.
 * A throw fails the write. So does a statement that fails; the generator is not resumed then.
 */
export type Steps<T> = Generator<readonly Statement[], T, Results>

/** Makes the steps of a write. It is called for each attempt, so it must have no effect but the statements it yields. */
export type Write<T> = () => Steps<T>

/**
 * The store of all data.
 *
 * - A write happens wholly or not at all, and its promise resolves only when it is durable.
 * - Writes take place one after the other, in the order in which they were requested.
 * - A failing write fails alone, whatever else shares its commit.
 * - Errors are `AppError`s: the guard's own; `conflict` for a broken constraint; `storage_full`;
 *   `storage_unavailable` when the engine can't do its work. After one of the last two during
 *   COMMIT it is open whether the write happened, as it is after a lost connection.
 */
export interface Database {
  /** Identifies the stored data, such as a file's device and inode: another origin means another history. */
  readonly origin: string
  /** Sees every write that has resolved. Returns no promise where the engine is synchronous. */
  read(statement: Statement): readonly SqlRow[] | Promise<readonly SqlRow[]>
  /** Resolves with what the steps return. */
  write<T>(write: Write<T>): Promise<T>
  /** Fails with `storage_unavailable` unless the data can be read and is where it was at the start. */
  check(): Promise<void>
  /** Runs `work` in one transaction of its own, before anything else is served: for migrations. */
  migrate(work: (database: Kysely<unknown>) => Promise<void>): Promise<void>
  /** Finishes the writes that were requested, and closes the file. */
  close(): Promise<void>
}

/** Continues with the result of a read, at once where it is no promise. */
export function andThen<T, U>(value: T | Promise<T>, use: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(use) : use(value)
}
