/** Refused starts: one line for each mistake of an operator, and nothing stored is touched. */
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { createTodo, type Ended, runToEnd, servers, terminate } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

const start = servers()
const folder = temporaryFolders()

/** Fails sooner than the time-out of other tests when a start hangs. */
const hangMs = 20_000

/** A data directory as a server leaves it, large enough to have a middle. */
let used: string

beforeAll(async () => {
  used = await folder()
  const server = await start({ runtime: 'node', dataDir: used })
  for (let i = 0; i < 300; i += 1) await createTodo(server.url, `${i} `.padEnd(400, 'x'))
  expect(await terminate(server)).toBe(0)
})

describe.each(sample(['node', 'deno', 'bun'] as const, 3))('a start on %s is refused in one line', (runtime) => {
  let other: RunningProcess
  beforeAll(async () => {
    other = await start({ runtime })
  })

  test('that names each of several bad values', async () => {
    const dataDir = await folder()
    const env = { PORT: '65536', HOST: 'a b', CORS_ORIGINS: 'app.example', ALLOWED_HOSTS: 'x:1' }
    const line = lineOf(await runToEnd({ runtime, dataDir, env }))
    for (const [name, value] of Object.entries(env)) expect(line).toContain(`${name}=${value}: `)
    expect(await readdir(dataDir)).toEqual([])
  })

  test('that names a bad secret without its value', async () => {
    const env = {
      METRICS_TOKEN: 's3cret',
      SMTP_URL: 'smpt://user:s3cret@mail.example',
      MAIL_API_URL: 'api.example?key=s3cret',
      MAIL_API_TOKEN: 's3cret s3cret',
    }
    const line = lineOf(await runToEnd({ runtime, dataDir: await folder(), env }))
    for (const name of Object.keys(env)) expect(line).toContain(`${name}: must `)
    expect(line).not.toContain('s3cret')
  })

  test.each(sample([['--bogus'], ['8080'], ['--help', '-x']], 2))(
    'when it has the unknown argument %s',
    async (...args) => {
      const dataDir = join(await folder(), 'none')
      const { code, stdout, stderr } = await runToEnd({ runtime, dataDir, args })
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toBe(
        `galley: Unknown argument "${args.at(-1)}". Settings are environment variables; --help lists them.\n`,
      )
      await expect(readdir(dataDir)).rejects.toThrow('ENOENT')
    },
  )

  test('when the port is taken', async () => {
    const env = { PORT: new URL(other.url).port }
    const line = lineOf(await runToEnd({ runtime, dataDir: await folder(), env }))
    expect(line).toBe(`galley: The address 127.0.0.1:${env.PORT} is taken.`)
  })

  test('when the address is not one of this machine', async () => {
    const env = { HOST: '192.0.2.1' }
    const line = lineOf(await runToEnd({ runtime, dataDir: await folder(), env }))
    expect(line).toBe('galley: The address 192.0.2.1:0 is no address of this machine.')
  })

  test.runIf(runtime === 'bun')('when HTTP_ENGINE=node is not supported', async () => {
    const env = { HTTP_ENGINE: 'node' }
    const line = lineOf(await runToEnd({ runtime, dataDir: await folder(), env }))
    expect(line).toContain('HTTP_ENGINE=node is not supported')
  })

  test('when the host name is unknown', async () => {
    const env = { HOST: 'galley.invalid' }
    const line = lineOf(await runToEnd({ runtime, dataDir: await folder(), env }))
    expect(line).toContain('galley.invalid')
  })

  test('when DATA_DIR is a file, which stays as it is', async () => {
    const file = join(await folder(), 'notes.txt')
    await writeFile(file, 'mine')
    expect(lineOf(await runToEnd({ runtime, dataDir: file }))).toContain(file)
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  test.each(['/proc/galley', '/proc'])(
    'when DATA_DIR is %s, where nothing can be written',
    async (dataDir) => {
      expect(lineOf(await runToEnd({ runtime, dataDir }))).toContain(dataDir)
    },
    hangMs,
  )

  test('when another server uses the data directory, which continues undisturbed', async () => {
    const first = other
    const line = lineOf(await runToEnd({ runtime, dataDir: first.dataDir }))
    expect(line).toBe(`galley: The data directory ${first.dataDir} is in use by another process.`)
    expect(await createTodo(first.url, 'milk')).toMatchObject({ title: 'milk' })
  })

  test('when the database was written by a newer version', async () => {
    const dataDir = await copyOfUsed()
    change(dataDir, (db) => db.exec(`INSERT INTO galley_migrations VALUES ('999_tomorrow', '2030-01-01')`))
    const line = await refusedUntouched(dataDir)
    expect(line).toContain('newer version')
    expect(line).toContain('999_tomorrow')
  })

  test('when galley.db is random bytes', async () => {
    const dataDir = await folder()
    await writeFile(join(dataDir, 'galley.db'), crypto.getRandomValues(new Uint8Array(50_000)))
    expect(await refusedUntouched(dataDir)).toMatch(/damaged or not a database/)
  })

  test('when galley.db was cut short', async () => {
    const dataDir = await copyOfUsed()
    const bytes = await readFile(join(dataDir, 'galley.db'))
    await writeFile(join(dataDir, 'galley.db'), bytes.subarray(0, bytes.length / 2))
    expect(await refusedUntouched(dataDir)).toMatch(/damaged/)
  })

  test('when the middle of galley.db was overwritten', async () => {
    const dataDir = await copyOfUsed()
    const bytes = await readFile(join(dataDir, 'galley.db'))
    crypto.getRandomValues(bytes.subarray(bytes.length / 2, bytes.length / 2 + 16_384))
    await writeFile(join(dataDir, 'galley.db'), bytes)
    expect(await refusedUntouched(dataDir)).toMatch(/damaged/)
  })

  test('when galley.db is a folder', async () => {
    const dataDir = await folder()
    await mkdir(join(dataDir, 'galley.db'))
    expect(lineOf(await runToEnd({ runtime, dataDir }))).toContain('galley.db')
  })

  test("when galley.db is another program's database", async () => {
    const dataDir = await folder()
    change(dataDir, (db) => db.exec('CREATE TABLE todos (id INTEGER PRIMARY KEY, title TEXT)'))
    expect(await refusedUntouched(dataDir)).toMatch(/not one of Galley's/)
  })

  /** Starts on a data directory, expects refusal, and that the database kept its bytes. Returns the line. */
  async function refusedUntouched(dataDir: string): Promise<string> {
    const before = await hashOf(dataDir)
    const line = lineOf(await runToEnd({ runtime, dataDir }))
    expect(await hashOf(dataDir), 'the bytes of galley.db').toBe(before)
    return line
  }
})

async function copyOfUsed(): Promise<string> {
  const copy = await folder()
  await cp(used, copy, { recursive: true })
  return copy
}

function change(dataDir: string, work: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(join(dataDir, 'galley.db'))
  work(db)
  db.close()
}

async function hashOf(dataDir: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(dataDir, 'galley.db')))
    .digest('hex')
}

/** The one line of a refused start. */
function lineOf({ code, stdout, stderr }: Ended): string {
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^galley: [^\n]+\n$/)
  return stderr.trimEnd()
}
