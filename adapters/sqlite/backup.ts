/** Saves the database of a data directory to one file, while it is in use, and puts such a file back. */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { backup as copyPages, DatabaseSync } from 'node:sqlite'
import { isKnownMigration } from '../../src/database/migrate.ts'
import { StartError } from '../../src/errors.ts'
import { applicationId, databaseName, lockDataDirectory } from './data-directory.ts'
import { createPrivateFile, restrictDatabase } from './private-file.ts'

/** All pages in one step: a backup in steps restarts whenever another process writes. Readers and writers continue meanwhile. */
const pagesAtOnce = 2 ** 30

/**
 * Copies the database to a new file by SQLite's online backup (sqlite.org/backup.html), with every write that resolved
 * before it began, and none in part. The copy is checked before it gets its name.
 * @throws StartError when there is no database, when the file exists, or when the copy is not sound
 */
export async function backup(directory: string, file: string): Promise<void> {
  const source = join(directory, databaseName)
  if (!existsSync(source)) throw new StartError(`There is no database in ${directory}.`)
  if (existsSync(file))
    throw new StartError(`${file} exists already; choose another name, because a backup never replaces a file.`)
  const part = `${file}.part`
  try {
    await copyDatabase(source, part)
    checkDatabase(part)
    syncPath(part)
    renameSync(part, file)
    syncPath(dirname(file))
  } finally {
    rmSync(part, { force: true })
  }
}

/**
 * Replaces a data directory's database by a backup. The old database stays beside it as `galley.db.before-restore`,
 * replacing that of the last restore. The server must not run.
 * @returns the path of the old database; null when there was none
 * @throws StartError when the directory is in use, or the file is not a sound database of this version or an older one
 */
export async function restore(file: string, given: string): Promise<{ aside: string | null }> {
  if (!existsSync(file)) throw new StartError(`There is no file ${file}.`)
  checkDatabase(file)
  // To the kernel `x/../y` is no folder where `x` is missing.
  const directory = resolve(given)
  const lock = lockDataDirectory(given)
  const target = join(directory, databaseName)
  const part = `${target}.part`
  try {
    rmSync(part, { force: true })
    await copyDatabase(file, part)
    checkDatabase(part)
    syncPath(part)
    const aside = existsSync(target) ? setAside(target) : null
    renameSync(part, target)
    syncPath(directory)
    return { aside }
  } finally {
    rmSync(part, { force: true })
    lock.close()
  }
}

/** Links the old file under its new name; the restored one then replaces it in one step. */
function setAside(target: string): string {
  const aside = `${target}.before-restore`
  for (const end of ['', '-wal', '-shm']) rmSync(aside + end, { force: true })
  checkpoint(target)
  restrictDatabase(target)
  // Exists only when the database is too damaged for a checkpoint.
  if (existsSync(`${target}-wal`)) renameSync(`${target}-wal`, `${aside}-wal`)
  rmSync(`${target}-shm`, { force: true })
  linkSync(target, aside)
  return aside
}

/** Moves the write-ahead log of a killed server into the database file. */
function checkpoint(path: string): void {
  try {
    new DatabaseSync(path).close()
  } catch {
    // A damaged database may be the reason for the restore.
  }
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const source = openReadOnly(from)
  try {
    createPrivateFile(to)
    await copyPages(source, to, { rate: pagesAtOnce })
  } catch (error) {
    throw new StartError(`${from} can't be copied to ${to}: ${(error as Error).message}`)
  } finally {
    source.close()
  }
  restrictDatabase(to)
  const copy = new DatabaseSync(to)
  // A single file, without a log beside it.
  copy.exec('PRAGMA journal_mode = DELETE')
  copy.close()
}

/** @throws StartError when it is damaged, not a database of Galley's, or of a newer version */
function checkDatabase(path: string): void {
  const database = openReadOnly(path)
  try {
    const valuesOf = (sql: string) =>
      database
        .prepare(sql)
        .all()
        .map((row) => Object.values(row)[0])
    if (valuesOf('PRAGMA application_id')[0] !== applicationId)
      throw new StartError(`${path} is not one of Galley's databases.`)
    const [integrity] = valuesOf('PRAGMA integrity_check(1)')
    if (integrity !== 'ok') throw new StartError(`${path} is damaged: ${String(integrity)}`)
    const newer = valuesOf('SELECT name FROM galley_migrations').find((name) => !isKnownMigration(String(name)))
    if (newer !== undefined)
      throw new StartError(`${path} was written by a newer version (it has the migration ${String(newer)}).`)
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(`${path} is damaged or not a database: ${(error as Error).message}`)
  } finally {
    database.close()
  }
}

function openReadOnly(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true })
  } catch (error) {
    throw new StartError(`${path} can't be opened: ${(error as Error).message}`)
  }
}

/** Makes a file's content, or a folder's entries, durable. */
function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
