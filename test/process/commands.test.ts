/** The commands that move data, as a user runs them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { type RunningProcess, root } from '../harness/server.ts'
import { servers } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

const start = servers()
const folder = temporaryFolders()
const main = join(root, 'adapters/cli/main.ts')
const app = join(root, 'test/fixtures/notes-app.ts')

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

async function galley(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  try {
    const options = { env: { ...process.env, ...env }, maxBuffer: 2 ** 28 }
    return { code: 0, ...(await promisify(execFile)(process.execPath, [main, ...args], options)) }
  } catch (error) {
    const { code, stdout, stderr } = error as Outcome
    return { code, stdout, stderr }
  }
}

let server: RunningProcess
let serverDir: string
beforeAll(async () => {
  serverDir = await folder()
  server = await start({ runtime: 'node', dataDir: serverDir })
})

test('import and export move files in and out of a running server', async () => {
  const file = join(await folder(), 'todos.csv')
  writeFileSync(file, 'title,completed\n"milk, 2 l",true\n,\neggs,\n')
  const url = ['--url', server.url]
  const first = await galley(['import', 'todos', file, ...url])
  expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining('line 3: validation_failed: title: ') })
  expect(first.stderr).toContain('2 created, 0 updated, 0 skipped, 1 refused')
  const [again, exported, wrong, types] = await Promise.all([
    galley(['import', 'todos', file, ...url]),
    galley(['export', 'todos', '--fields', 'title', '--filter', 'completed=true'], { GALLEY_URL: server.url }),
    galley(['export', 'nothing', ...url]),
    galley(['types', ...url]),
  ])
  expect(again.stderr).toContain('2 created, 0 updated, 0 skipped, 1 refused')
  expect(JSON.parse(exported.stdout)).toMatchObject({ title: 'milk, 2 l' })
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('404: not_found') })
  expect(types.stdout).toContain('export interface TodosRow {\n  id: string\n')
  expect(await countOf(server.url)).toBe(2)
})

test('an import goes on after kill -9 of the server, and stores each row once', async () => {
  const rowCount = 20_000
  const file = join(await folder(), 'many.ndjson')
  const dataDir = await folder()
  writeFileSync(file, Array.from({ length: rowCount }, (_, n) => `{"title":"t${n}"}\n`).join(''))
  const killed = await start({ runtime: 'node', dataDir })
  const command = begin(['import', 'todos', file, '--url', killed.url])
  await vi.waitUntil(async () => (await countOf(killed.url)) > 0, { timeout: 60_000, interval: 5 })
  killed.process.kill('SIGKILL')
  await killed.exited
  command.kill('SIGKILL')
  const again = await start({ runtime: 'node', dataDir })
  const { code, stderr } = await galley(['import', 'todos', file, '--url', again.url])
  expect([code, stderr]).toEqual([0, `${rowCount} created, 0 updated, 0 skipped, 0 refused\n`])
  const { stdout } = await galley(['export', 'todos', '--fields', 'title', '--url', again.url])
  const titles = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { title: string }).title)
  expect(titles).toEqual(Array.from({ length: rowCount }, (_, n) => `t${n}`))
})

test('migrate and seed work on the data directory, and a dry run changes nothing', async () => {
  const dataDir = await folder()
  const [first, second] = [{ DATA_DIR: dataDir }, { DATA_DIR: dataDir, NOTES_VERSION: '2' }]
  const dryRun = ['migrate', '--app', app, '--dry-run']
  expect(await galley(dryRun, first)).toMatchObject({ code: 3, stdout: `There is no database in ${dataDir} yet.\n` })
  expect(await galley(['seed', '--app', app], first)).toMatchObject({
    code: 0,
    stdout: '1 created, 0 changed, 0 unchanged\n',
  })
  const plan = 'migration: rename notes.text to body\nadd the field notes.pinned\nadd the index notes.pinned\n'
  expect(await galley(dryRun, second)).toMatchObject({ code: 3, stdout: plan, stderr: '' })
  expect(readdirSync(dataDir).filter((name) => name.startsWith('dry-run'))).toEqual([])
  expect(await galley(['migrate', '--app', app], second)).toMatchObject({ code: 0, stdout: plan })
  const [dry, old, seeded] = [
    await galley(dryRun, second),
    await galley(dryRun, first),
    await galley(['seed', '--app', app], second),
  ]
  expect(dry).toMatchObject({ code: 0, stdout: 'Nothing would change.\n' })
  expect(old).toMatchObject({ code: 1, stderr: expect.stringMatching(/^galley: .*newer version of the app/) })
  expect(seeded.stdout).toBe('0 created, 0 changed, 1 unchanged\n')
})

test('commands that need the data directory leave a running server alone', async () => {
  const outcomes = await Promise.all([
    galley(['seed', '--app', app], { DATA_DIR: serverDir }),
    galley(['migrate', '--app', app], { DATA_DIR: serverDir }),
    galley(['migrate', '--app', app, '--dry-run'], { DATA_DIR: serverDir }),
    galley(['seed', '--app', '/missing.ts'], { DATA_DIR: serverDir }),
    galley(['types', '--app', join(root, 'test/fixtures/books.ts')]),
    galley(['export', 'a', 'b']),
    galley(['types', '--app', app]),
  ])
  expect(outcomes.map(({ code }) => code)).toEqual([1, 1, 3, 1, 1, 2, 0])
  for (const { stderr } of outcomes.slice(0, 2))
    expect(stderr).toContain('in use by another process. Stop the server first.')
  expect(outcomes[6]?.stdout).toContain('notes: { row: NotesRow; create: NotesCreate; change: NotesChange }')
})

function begin(args: string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  return child
}

async function countOf(url: string): Promise<number> {
  const response = await fetch(`${url}/api/todos?limit=1&count=true`)
  return ((await response.json()) as { count: number }).count
}
