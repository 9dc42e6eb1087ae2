import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError, StartError } from '../../src/errors.ts'
import type { Database } from '../../src/ports/database.ts'
import { createMetrics } from '../../src/ports/metrics.ts'
import { createSqliteDatabase } from './database.ts'
import { syncedInBackground } from './durability.ts'
import { createPrivateFile, restrictDatabase } from './private-file.ts'

export const databaseName = 'galley.db'
const lockName = 'galley.lock'
/** Marks a file as Galley's: 'GALY' in ASCII (sqlite.org/pragma.html#pragma_application_id). */
export const applicationId = 0x47414c59
/** A file up to this size is checked as a whole at the start, which takes well under a second. */
const checkBytesMax = 64 * 1024 * 1024

/** `secure_delete` overwrites what is deleted, so that the file keeps no text of rows that are gone. */
const settings = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA cache_size = -16000;
  PRAGMA secure_delete = ON;
`

/** Another process uses the data directory. */
export class DirectoryInUseError extends StartError {
  constructor(directory: string) {
    super(`The data directory ${directory} is in use by another process.`)
  }
}

/**
 * Opens the data directory for this process alone, and the database in it.
 * @throws StartError when it can't be written, is in use, or holds a database that is not sound
 */
export function openDataDirectory(
  given: string,
  { metrics = createMetrics(), makeDirectory = makeDirectoryByStep } = {},
): Database {
  const directory = resolve(given)
  const lock = lockDataDirectory(given, makeDirectory)
  let connection: DatabaseSync
  try {
    connection = openDatabase(directory)
  } catch (error) {
    lock.close()
    throw error
  }
  const path = join(directory, databaseName)
  const file = fileId(path)
  const database = createSqliteDatabase(connection, {
    metrics,
    origin: file.origin,
    durability: syncedInBackground(connection, path),
  })
  return {
    ...database,
    async check() {
      if (fileId(path).inode !== file.inode)
        throw new AppError('storage_unavailable', 'The database file was moved or replaced.')
      await database.check()
    },
    async close() {
      await database.close()
      lock.close()
    },
  }
}

/** Identifies a file, to notice another one at the same path. Some file systems have no time of birth and give another time. */
function fileId(path: string): { inode: string; origin: string } {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  const inode = stat ? `${stat.dev}:${stat.ino}` : ''
  return { inode, origin: `${inode}:${stat?.birthtimeNs ?? 0}` }
}

/**
 * Locks a data directory for this process, making it when it is missing. The lock is on a separate file, so that other
 * processes may read the database, and the kernel releases it when the process ends, however it ends.
 * @throws StartError when it is in use or can't be written
 */
export function lockDataDirectory(given: string, makeDirectory = makeDirectoryByStep): DatabaseSync {
  const directory = resolve(given)
  try {
    makeDirectory(directory, ownerOnly)
  } catch (error) {
    throw new StartError(`The data directory ${given} can't be created: ${reason(error)}`)
  }
  const lock = tryOpen(join(directory, lockName))
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    restrictDatabase(join(directory, lockName))
  } catch (error) {
    lock.close()
    if (/locked/.test(reason(error))) throw new DirectoryInUseError(given)
    throw new StartError(`The data directory ${given} can't be written: ${reason(error)}`)
  }
  return lock
}

/** The mode of a folder that lets this user alone in. */
const ownerOnly = 0o700

/** Makes a folder and its parents step by step: Node's `recursive` never ends where a file system refuses with ENOENT, as /proc does. */
function makeDirectoryByStep(path: string, mode: number): void {
  try {
    mkdirSync(path, mode)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'EEXIST' && statSync(path).isDirectory()) return
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error
    makeDirectoryByStep(dirname(path), mode)
    mkdirSync(path, mode)
  }
}

function tryOpen(path: string): DatabaseSync {
  try {
    createPrivateFile(path)
    return new DatabaseSync(path)
  } catch (error) {
    throw new StartError(`${path} can't be opened: ${reason(error)}`)
  }
}

function openDatabase(directory: string): DatabaseSync {
  const path = join(directory, databaseName)
  const connection = tryOpen(path)
  try {
    const isNew = checkFile(connection, path)
    restrictDatabase(path)
    connection.exec(settings)
    if (isNew) connection.exec(`PRAGMA application_id = ${applicationId}`)
    return connection
  } catch (error) {
    connection.close()
    if (error instanceof StartError) throw error
    const problem = /not a database|malformed/.test(reason(error)) ? 'is damaged or not a database' : "can't be used"
    throw new StartError(`${path} ${problem}: ${reason(error)}. Nothing was changed.`)
  }
}

/** True if the file is new and empty. @throws StartError when it is not sound, or not Galley's */
function checkFile(connection: DatabaseSync, path: string): boolean {
  const id = Number(connection.prepare('PRAGMA application_id').get()?.application_id)
  const { tables } = connection.prepare('SELECT count(*) AS tables FROM sqlite_master').get() as { tables: number }
  if (id !== applicationId && tables > 0)
    throw new StartError(`${path} is a database, but not one of Galley's. Nothing was changed.`)
  if (id !== applicationId) return true
  if (statSync(path).size > checkBytesMax) return false
  const result = connection.prepare('PRAGMA quick_check(1)').get()?.quick_check
  if (result !== 'ok') throw new StartError(`${path} is damaged: ${String(result)}. Nothing was changed.`)
  return false
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
