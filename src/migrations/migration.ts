/** What all migrations of an app share; each kind is a file of its own. */
import { CompiledQuery, type Kysely } from 'kysely'
import { StartError } from '../errors.ts'
import type { SqlRow, SqlValue } from '../ports/database.ts'

/** One change of stored data that a declaration cannot say. It runs once on each database. */
export interface Migration {
  /** Describes it to people, as in `rename notes.userid to userId`. */
  readonly name: string
  /** Differs from that of any other change. The code of a function is not part of it, because a build may rewrite it. */
  readonly fingerprint: string
  run(context: MigrationContext): Promise<void>
}

export interface MigrationContext {
  db: Kysely<unknown>
  /** The stored names of collections whose rows look different afterwards. */
  changed: Set<string>
}

/** Runs one statement of SQL and returns its rows. */
export async function execute(
  db: Kysely<unknown>,
  sql: string,
  parameters: readonly SqlValue[] = [],
): Promise<readonly SqlRow[]> {
  return (await db.executeQuery<SqlRow>(CompiledQuery.raw(sql, [...parameters]))).rows
}

const namePattern = /^[a-zA-Z][a-zA-Z0-9_]{0,39}$/

/** @throws TypeError for a name that no collection and no field has */
export function checkName(name: string): void {
  if (!namePattern.test(name)) throw new TypeError(`A migration names ${JSON.stringify(name)}, which can't be a name.`)
}

/** The error of a migration that does not fit what is stored. */
export function refused(migration: string, reason: string): StartError {
  return new StartError(`The migration "${migration}" can't run: ${reason}. Nothing was changed.`)
}
