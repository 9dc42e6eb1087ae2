/** Backup and restore as an operator runs them, beside a server that is busy. */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { root } from '../harness/server.ts'
import { createTodo, servers, terminate, titlesOf } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

const start = servers()
const folder = temporaryFolders()

interface Outcome {
  code: number
  stderr: string
}

const execute = promisify(execFile)

async function maintain(command: string, file: string, dataDir: string): Promise<Outcome> {
  try {
    const env = { ...process.env, DATA_DIR: dataDir }
    const { stderr } = await execute(process.execPath, ['adapters/cli/main.ts', command, file], { cwd: root, env })
    return { code: 0, stderr }
  } catch (error) {
    const { code, stderr } = error as Outcome
    return { code, stderr }
  }
}

const good: Outcome = { code: 0, stderr: '' }
const refused = (words: string) => ({ code: 1, stderr: expect.stringMatching(new RegExp(`^galley: .*${words}.*\n$`)) })

/** A data directory that a server left, with the todo `milk`, and a backup of it. */
let left: { dataDir: string; file: string }

beforeAll(async () => {
  left = { dataDir: await folder(), file: join(await folder(), 'copy.db') }
  const server = await start({ runtime: 'node', dataDir: left.dataDir })
  await createTodo(server.url, 'milk')
  await terminate(server)
  expect(await maintain('backup', left.file, left.dataDir)).toEqual(good)
})

/** A data directory of its own with the todo `milk`, no server, and a backup of it. */
async function filled(): Promise<typeof left> {
  const copy = { dataDir: await folder(), file: join(await folder(), 'copy.db') }
  cpSync(left.dataDir, copy.dataDir, { recursive: true })
  cpSync(left.file, copy.file)
  return copy
}

/** The titles that a server finds. */
async function titlesIn(dataDir: string): Promise<string[]> {
  const server = await start({ runtime: 'node', dataDir })
  const titles = await titlesOf(server.url)
  await terminate(server)
  return titles
}

function one(file: string, sql: string): unknown {
  const database = new DatabaseSync(file)
  const row = database.prepare(sql).get()
  database.close()
  return Object.values(row ?? {})[0]
}

const epochIn = (dataDir: string) => one(join(dataDir, 'galley.db'), 'select epoch from galley_epoch')

test('a backup of a busy server contains every write acknowledged before it, and is intact', async () => {
  const server = await start({ runtime: 'node' })
  const file = join(await folder(), 'copy.db')
  const load = { busy: true, written: 0 }
  const enough = Promise.withResolvers<void>()
  const write = async () => {
    while (load.busy) {
      await createTodo(server.url, `todo ${load.written}`)
      load.written += 1
      if (load.written === 100) enough.resolve()
    }
  }
  const writers = Array.from({ length: 8 }, write)
  await enough.promise
  const before = load.written
  expect(await maintain('backup', file, server.dataDir)).toEqual(good)
  const after = load.written
  load.busy = false
  await Promise.all(writers)
  expect(one(file, 'PRAGMA integrity_check')).toBe('ok')
  expect(one(file, 'select count(*) from todos')).toSatisfy((rows) => rows >= before && rows <= after + 8)
})

test('a restored directory has the data of the backup in a new epoch, and keeps the old data beside it', async () => {
  const { dataDir, file } = await filled()
  const server = await start({ runtime: 'node', dataDir })
  await createTodo(server.url, 'too late')
  await terminate(server)
  const epoch = epochIn(dataDir)
  expect(await maintain('restore', file, dataDir)).toEqual(good)
  expect(await titlesIn(dataDir)).toEqual(['milk'])
  expect(epochIn(dataDir)).not.toBe(epoch)
  expect(one(join(dataDir, 'galley.db.before-restore'), 'select count(*) from todos')).toBe(2)
})

test('a directory that is only started again keeps its epoch', async () => {
  const epoch = epochIn(left.dataDir)
  await titlesIn(left.dataDir)
  expect(epochIn(left.dataDir)).toBe(epoch)
})

test('a killed server leaves a log, which is kept by the restore that replaces it', async () => {
  const { dataDir, file } = await filled()
  const server = await start({ runtime: 'node', dataDir })
  await createTodo(server.url, 'in the log')
  server.process.kill('SIGKILL')
  await server.exited
  expect(await maintain('restore', file, dataDir)).toEqual(good)
  expect(await titlesIn(dataDir)).toEqual(['milk'])
  expect(one(join(dataDir, 'galley.db.before-restore'), 'select count(*) from todos')).toBe(2)
})

test('a new and a damaged directory can be restored into', async () => {
  const { dataDir, file } = await filled()
  const empty = join(await folder(), 'new')
  expect(await maintain('restore', file, empty)).toEqual(good)
  expect(await titlesIn(empty)).toEqual(['milk'])
  writeFileSync(join(dataDir, 'galley.db'), 'ruined '.repeat(5000))
  expect(await maintain('restore', file, dataDir)).toEqual(good)
  expect(await titlesIn(dataDir)).toEqual(['milk'])
})

test('a restore while the server runs is refused, and the server continues', async () => {
  const server = await start({ runtime: 'node' })
  await createTodo(server.url, 'milk')
  expect(await maintain('restore', left.file, server.dataDir)).toEqual(refused('is in use'))
  expect(await titlesOf(server.url)).toEqual(['milk'])
})

test('a backup replaces no file, and needs a database', async () => {
  const { dataDir, file } = await filled()
  writeFileSync(file, 'mine')
  expect(await maintain('backup', file, dataDir)).toEqual(refused('exists already'))
  const none = join(await folder(), 'none')
  expect(await maintain('backup', `${file}2`, none)).toEqual(refused('no database'))
  expect(existsSync(none)).toBe(false)
})

/** Each spoils a backup. */
const spoilt: [string, (file: string) => void, string][] = [
  ['is cut off', (file) => truncateSync(file, 20_000), 'damaged'],
  ['is no database', (file) => writeFileSync(file, 'hello'), 'damaged or not a database'],
  ['is not one of ours', (file) => one(file, 'PRAGMA application_id = 1'), "not one of Galley's"],
  [
    'is of a newer version',
    (file) => one(file, "insert into galley_migrations values ('999_next', '2030')"),
    'newer version',
  ],
]

test.each(sample(spoilt, 2))('a restore of a file that %s is refused and changes nothing', async (_, spoil, words) => {
  const { dataDir, file } = await filled()
  spoil(file)
  const before = readFileSync(join(dataDir, 'galley.db'))
  expect(await maintain('restore', file, dataDir)).toEqual(refused(words))
  expect(readFileSync(join(dataDir, 'galley.db'))).toEqual(before)
})

test('a path that is missing or no folder is refused in one line, and one with .. is taken', async () => {
  const { dataDir } = await filled()
  const base = await folder()
  const file = join(base, 'copy.db')
  for (const bad of [`${base}/none/copy.db`, '/dev/null/copy.db', `${base}/none/../copy.db`]) {
    expect(await maintain('backup', bad, dataDir), bad).toEqual(refused(''))
  }
  expect(await maintain('backup', file, dataDir)).toEqual(good)
  expect(await maintain('restore', file, `${base}/none/../restored`)).toEqual(good)
  expect(await titlesIn(`${base}/restored`)).toEqual(['milk'])
  for (const bad of sample([base, `${base}/none`, '/dev/null', '/proc/self/mem'], 3)) {
    expect(await maintain('restore', bad, dataDir), bad).toEqual(refused(''))
  }
  for (const bad of sample(['/dev/null/data', file, '/proc/data'], 3)) {
    expect(await maintain('restore', file, bad), bad).toEqual(refused(''))
  }
})

test('an unknown command is refused with the list of commands', async () => {
  const { code, stderr } = await maintain('destroy', 'file', await folder())
  expect(code).toBe(2)
  expect(stderr).toMatch(/^galley: There is no command destroy\.\n\n.*\n\n {2}galley backup FILE\n/)
})
