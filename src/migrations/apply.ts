/**
 * Runs the migrations of an app, each once, in their order, inside the transaction of the start. `galley_app_migrations` has those
 * that have run. A migration is known by its place in the list and by its fingerprint.
 */
import { type Kysely, sql } from 'kysely'
import { hasTopic } from '../collections/access.ts'
import type { AnyCollection } from '../collections/declaration.ts'
import { StartError } from '../errors.ts'
import { execute, type Migration } from './migration.ts'

interface Recorded {
  name: string
  fingerprint: string
}

interface ApplyOptions {
  migrations: readonly Migration[]
  collections: readonly AnyCollection[]
  /** Milliseconds since 1970. */
  nowMs: number
}

/**
 * Returns the names of the migrations that ran. A database without collections is new: its tables are made as declared, so nothing
 * runs, and all count as done.
 * @throws StartError when those that ran before are not the first of the list, or when one does not fit what is stored
 */
export async function applyMigrations(
  db: Kysely<unknown>,
  { migrations, collections, nowMs }: ApplyOptions,
): Promise<string[]> {
  const recorded = await readRecorded(db)
  checkRecorded(recorded, migrations)
  const pending = migrations.slice(recorded.length)
  if (pending.length === 0) return []
  const isNew = (await sql`select 1 from galley_fields limit 1`.execute(db)).rows.length === 0
  const changed = new Set<string>()
  for (const [index, migration] of pending.entries()) {
    const { name, fingerprint } = migration
    if (!isNew) await migration.run({ db, changed })
    await sql`insert into galley_app_migrations (number, name, fingerprint, at)
      values (${recorded.length + index + 1}, ${name}, ${fingerprint}, ${nowMs})`.execute(db)
  }
  for (const name of changed) await announce(db, name, collections, nowMs)
  return isNew ? [] : pending.map(({ name }) => name)
}

async function readRecorded(db: Kysely<unknown>): Promise<readonly Recorded[]> {
  const { rows } = await sql<Recorded>`select name, fingerprint from galley_app_migrations order by number`.execute(db)
  return rows
}

/** @throws StartError that says how the list differs */
function checkRecorded(recorded: readonly Recorded[], migrations: readonly Migration[]): void {
  for (const [index, { name, fingerprint }] of recorded.entries()) {
    const given = migrations[index]
    if (given?.fingerprint === fingerprint) continue
    throw new StartError(`${difference(name, given, fingerprint, migrations)} Nothing was changed.`)
  }
}

function difference(
  name: string,
  given: Migration | undefined,
  fingerprint: string,
  migrations: readonly Migration[],
): string {
  if (given === undefined)
    return `The database was written by a newer version of the app, which has the migration "${name}". Start that version.`
  if (given.name === name)
    return `The migration "${name}" was edited after it ran on this database. Put it back, and add another one at the end.`
  if (migrations.some((each) => each.fingerprint === fingerprint))
    return `The migration "${given.name}" stands before "${name}", which ran already. New migrations belong at the end of the list.`
  return `The migration "${name}" ran on this database, and is missing in the list, where "${given.name}" stands in its place. Put it back.`
}

/**
 * Gives all rows of a changed collection new versions, for caches that have them, and ends its log, so that its followers load the
 * rows again. A log that keeps the data of its events stays.
 */
async function announce(
  db: Kysely<unknown>,
  name: string,
  collections: readonly AnyCollection[],
  nowMs: number,
): Promise<void> {
  await sql`update ${sql.table(name)} set version = max(version + 1, ${nowMs})`.execute(db)
  const collection = collections.find((each) => each.name === name)
  if (collection === undefined || collection.keepEventData === true || !hasTopic(collection)) return
  const range = `topic = ? or topic >= ? and topic < ?`
  const parameters = [name, `${name}/`, `${name}0`]
  // As the retention leaves a topic: without events, and with the offset that the next one follows.
  const newest = `select topic, max("offset") + 1, '', ?, '' from galley_events where ${range} group by topic`
  await execute(db, `insert into galley_events (topic, "offset", type, at, data) ${newest}`, [nowMs, ...parameters])
  await execute(db, `delete from galley_events where (${range}) and type <> ''`, parameters)
}
