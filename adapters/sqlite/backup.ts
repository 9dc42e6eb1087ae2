/** Saves the database of a data directory to one file, while it is in use, and puts such a file back. */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { backup as copyPages, DatabaseSync } from 'node:sqlite'
import { isKnownMigration } from '../../src/database/migrate.ts'
import { StartError } from '../../src/errors.ts'
import { applicationId, databaseName, lockDataDirectory } from './data-directory.ts'

/** All at once: a backup by parts begins anew whenever another process writes. Readers and writers go on meanwhile. */
const pagesAtOnce = 2 ** 30

/**
 * Copies the database to a new file by SQLite's online backup (sqlite.org/backup.html): all that was
 * answered before it began, and nothing by half. The copy is checked before it gets its name.
 * @throws StartError when there is no database, when the file exists, or when the copy is not sound
 */
export async function backup(directory: string, file: string): Promise<void> {
  const source = join(directory, databaseName)
  if (!existsSync(source)) throw new StartError(`There is no database in ${directory}.`)
  if (existsSync(file)) throw new StartError(`${file} exists already; a backup never replaces a file.`)
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
 * Puts a backup in the place of a data directory's database. What was there stays beside it as
 * `galley.db.before-restore`, replacing the one of the last restore. The server must not run.
 * @returns where that is, null where there was nothing
 * @throws StartError when the directory is in use, or the file is not a sound database of this version or an older one
 */
export async function restore(file: string, directory: string): Promise<{ aside: string | null }> {
  if (!existsSync(file)) throw new StartError(`There is no file ${file}.`)
  checkDatabase(file)
  const lock = lockDataDirectory(directory)
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

/** Leaves the file in its place until the new one takes it in one step. */
function setAside(target: string): string {
  const aside = `${target}.before-restore`
  for (const end of ['', '-wal', '-shm']) rmSync(aside + end, { force: true })
  foldLog(target)
  // Still there only where the database is too damaged to take it in.
  if (existsSync(`${target}-wal`)) renameSync(`${target}-wal`, `${aside}-wal`)
  rmSync(`${target}-shm`, { force: true })
  linkSync(target, aside)
  return aside
}

/** Brings what a killed server left in the write-ahead log into the file itself. */
function foldLog(path: string): void {
  try {
    new DatabaseSync(path).close()
  } catch {
    // A damaged database may be what the restore is for.
  }
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const source = openReadOnly(from)
  try {
    await copyPages(source, to, { rate: pagesAtOnce })
  } catch (error) {
    throw new StartError(`${from} can't be copied to ${to}: ${(error as Error).message}`)
  } finally {
    source.close()
  }
  const copy = new DatabaseSync(to)
  // One file, without a log beside it.
  copy.exec('PRAGMA journal_mode = DELETE')
  copy.close()
}

/** @throws StartError when it is not a whole database of Galley's that this version can read */
function checkDatabase(path: string): void {
  const database = openReadOnly(path)
  try {
    const ask = (sql: string) =>
      database
        .prepare(sql)
        .all()
        .map((row) => Object.values(row)[0])
    if (ask('PRAGMA application_id')[0] !== applicationId)
      throw new StartError(`${path} is not one of Galley's databases.`)
    const [verdict] = ask('PRAGMA integrity_check(1)')
    if (verdict !== 'ok') throw new StartError(`${path} is damaged: ${String(verdict)}`)
    const newer = ask('SELECT name FROM galley_migrations').find((name) => !isKnownMigration(String(name)))
    if (newer !== undefined)
      throw new StartError(`${path} was written by a newer version (it has the migration ${String(newer)}).`)
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(`${path} is damaged or no database: ${(error as Error).message}`)
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

/** A file's content, or a folder's names, on the disk. */
function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
