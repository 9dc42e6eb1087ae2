import { mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDataDirectory } from '../../adapters/sqlite/data-directory.ts'
import { migrate } from '../../src/database/migrate.ts'
import { run, runAll } from '../../src/database/steps.ts'
import { StartError } from '../../src/errors.ts'
import type { Database } from '../../src/ports/database.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import { createTopicLog } from '../../src/topics/log.ts'

let folder: string
const open: Database[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galley-'))
})

afterEach(async () => {
  for (const database of open.splice(0)) await database.close()
  await rm(folder, { recursive: true, force: true })
})

function openAt(directory: string): Database {
  const database = openDataDirectory(directory)
  open.push(database)
  return database
}

async function reopen(): Promise<Database> {
  await open.pop()?.close()
  return openAt(folder)
}

const statement = (sql: string) => ({ sql, parameters: [] })

async function one(database: Database, sql: string): Promise<unknown> {
  const [row] = await database.read(statement(sql))
  return Object.values(row ?? {})[0]
}

describe('a data directory', () => {
  test('is made with its parents when it is missing', async () => {
    openAt(join(folder, 'a', 'b c', 'ü'))
    expect(await readdir(join(folder, 'a', 'b c', 'ü'))).toContain('galley.db')
  })

  test('may be a link to a folder', async () => {
    await mkdir(join(folder, 'real'))
    await symlink(join(folder, 'real'), join(folder, 'link'))
    openAt(join(folder, 'link'))
    expect(await readdir(join(folder, 'real'))).toContain('galley.db')
  })

  test('has a database that is durable, checks references and bears the mark of Galley', async () => {
    const database = openAt(folder)
    expect(await one(database, 'PRAGMA journal_mode')).toBe('wal')
    expect(await database.write(() => run(statement('PRAGMA foreign_keys')))).toEqual([{ foreign_keys: 1 }])
    expect(await database.write(() => run(statement('PRAGMA trusted_schema')))).toEqual([{ trusted_schema: 0 }])
    expect(await one(database, 'PRAGMA trusted_schema')).toBe(0)
    expect(Number(await one(database, 'PRAGMA application_id')).toString(16)).toBe('47414c59')
  })

  test('keeps what was written', async () => {
    await openAt(folder).write(() =>
      runAll(statement('CREATE TABLE kept (n)'), statement('INSERT INTO kept VALUES (7)')),
    )
    expect(await one(await reopen(), 'SELECT n FROM kept')).toBe(7)
  })

  test('keeps its bytes when it is opened and closed without a write', async () => {
    await openAt(folder).write(() => runAll(statement('CREATE TABLE kept (n)')))
    await open.pop()?.close()
    const before = await readFile(join(folder, 'galley.db'))
    openAt(folder)
    await open.pop()?.close()
    expect(Buffer.compare(await readFile(join(folder, 'galley.db')), before)).toBe(0)
  })

  test('is for one at a time, and free again after it is closed', async () => {
    openAt(folder)
    expect(() => openAt(folder)).toThrow(`${folder} is in use by another process.`)
    await reopen()
  })

  test('lets other programs read the database while it is in use', async () => {
    await openAt(folder).write(() =>
      runAll(statement('CREATE TABLE kept (n)'), statement('INSERT INTO kept VALUES (7)')),
    )
    const reader = new DatabaseSync(join(folder, 'galley.db'), { readOnly: true })
    expect(reader.prepare('SELECT n FROM kept').get()).toEqual({ n: 7 })
    reader.close()
  })

  test('fails its check once the database is no longer where it was', async () => {
    const database = openAt(folder)
    await database.check()
    await rename(join(folder, 'galley.db'), join(folder, 'elsewhere.db'))
    await expect(database.check()).rejects.toMatchObject({ code: 'storage_unavailable' })
  })

  test('leaves neither a log nor an open file behind when it is closed', async () => {
    await openAt(folder).write(() => runAll(statement('CREATE TABLE kept (n)')))
    await open.pop()?.close()
    expect((await readdir(folder)).filter((name) => /wal|shm/.test(name))).toEqual([])
    expect(await openFilesBelow(folder)).toEqual([])
  })
})

describe('a start is refused with a StartError', () => {
  test('when the directory is a file', async () => {
    await writeFile(join(folder, 'file'), 'mine')
    expect(() => openAt(join(folder, 'file'))).toThrow(StartError)
    expect(() => openAt(join(folder, 'file', 'below'))).toThrow(StartError)
  })

  test('when galley.db is a folder', async () => {
    await mkdir(join(folder, 'galley.db'))
    expect(() => openAt(folder)).toThrow(StartError)
  })

  test('when the lock is some other file', async () => {
    await writeFile(join(folder, 'galley.lock'), 'this is a file of another program'.repeat(100))
    expect(() => openAt(folder)).toThrow(StartError)
  })

  test.each([
    ['text', 'not a database'.repeat(100)],
    ['two bytes', 'xy'],
    ['the head of a database and nothing more', 'SQLite format 3\0'],
  ])('when galley.db is %s, which stays as it is', async (_, content) => {
    await writeFile(join(folder, 'galley.db'), content)
    expect(() => openAt(folder)).toThrow(StartError)
    expect(await readFile(join(folder, 'galley.db'), 'utf8')).toBe(content)
  })

  test("when galley.db is another program's database, which stays as it is", async () => {
    const other = new DatabaseSync(join(folder, 'galley.db'))
    other.exec('PRAGMA application_id = 1; CREATE TABLE theirs (n)')
    other.close()
    const before = await readFile(join(folder, 'galley.db'))
    expect(() => openAt(folder)).toThrow("not one of Galley's")
    expect(Buffer.compare(await readFile(join(folder, 'galley.db')), before)).toBe(0)
    expect((await readdir(folder)).filter((name) => /wal|shm/.test(name))).toEqual([])
  })

  test('and the directory is free again, with no file left open', async () => {
    await writeFile(join(folder, 'galley.db'), 'not a database'.repeat(100))
    expect(() => openAt(folder)).toThrow(StartError)
    expect(await openFilesBelow(folder)).toEqual([])
    await rm(join(folder, 'galley.db'))
    openAt(folder)
  })
})

test('an empty file is a new database', async () => {
  await writeFile(join(folder, 'galley.db'), '')
  expect(await one(openAt(folder), 'SELECT count(*) FROM sqlite_master')).toBe(0)
})

async function openFilesBelow(directory: string): Promise<string[]> {
  const names = await readdir('/proc/self/fd')
  const paths = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')))
  return paths.filter((path) => path.startsWith(directory))
}

test('the file keeps no data of an event that was blanked, short or long', async () => {
  const database = openAt(folder)
  await database.migrate(migrate)
  const log = createTopicLog({ database, now: Date.now, notifier: createLocalNotifier() })
  const rows = ['short', 'x'.repeat(30_000)]
  for (const row of rows)
    await database.write(() =>
      runAll(log.append('news', 'created', JSON.stringify(`swordfish ${row}`), { row: row.slice(0, 9) })),
    )
  const contents = async () => {
    await reopen()
    return (await readFile(join(folder, 'galley.db'), 'latin1')).split('swordfish').length - 1
  }
  expect(await contents()).toBe(rows.length)
  const again = open.at(-1) as Database
  for (const row of rows) await again.write(() => runAll(log.blank('news', row.slice(0, 9))))
  expect(await contents()).toBe(0)
})
