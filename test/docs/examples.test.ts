/**
 * Runs the documentation: every `sh` block with a `curl` or a `printf … | nc` is sent to the app of its page, which is its block
 * `file=main.ts` or else the shipped server, and must print what the `json` or `text` block after it shows. A later block
 * of a file replaces the file and restarts the app, as a reader does. Blocks `file=NAME.test.ts` are run by Node's test runner.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningProcess, startProcess } from '../harness/server.ts'
import { matchesJson, matchesText } from './expected-output.ts'
import { type Block, type Page, readPages } from './pages.ts'
import { runShell } from './shell.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

const address = /\b(localhost[: ]|127\.0\.0\.1[: ])3000\b/g
const hasRequest = /^(?:\w+=\$\()?(?:curl|printf) /m
const preload = fileURLToPath(new URL('resolve-galley.ts', import.meta.url))
const pages = readPages().filter(({ blocks }) => blocks.some(isCommand))

let workspace: Workspace
beforeAll(async () => {
  workspace = await createWorkspace(readPages())
})
afterAll(() => workspace.remove())

test.each(pages)('the commands of $path print what it shows', async (page) => {
  const folder = workspace.folderOf(page)
  const dataDir = await mkdtemp(join(folder, 'data-'))
  let server: RunningProcess | null = null
  for (const [index, block] of page.blocks.entries()) {
    if (block.file !== null) {
      await server?.stop()
      server = null
      await writeFile(join(folder, block.file), block.code)
    } else if (isCommand(block)) {
      server ??= await startApp(page, folder, dataDir)
      await check(block, page.blocks[index + 1], new URL(server.url).port, folder)
    }
  }
  await server?.stop()
  await rm(dataDir, { recursive: true })
})

const tested = readPages().filter(({ blocks }) => blocks.some(isTest))

test.each(tested)('the tests in $path pass', async (page) => {
  const cwd = workspace.folderOf(page)
  const files = page.blocks.filter(isTest).map(({ file }) => String(file))
  const env = { ...process.env, NODE_OPTIONS: `--import ${preload}` }
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', ...files], { cwd, env })
  expect(stdout).toContain('fail 0')
})

function isTest({ file }: Block): boolean {
  return file?.endsWith('.test.ts') === true
}

function isCommand({ language, code }: Block): boolean {
  return language === 'sh' && hasRequest.test(code)
}

function startApp({ blocks }: Page, folder: string, dataDir: string): Promise<RunningProcess> {
  const isOwn = blocks.some(({ file }) => file === 'main.ts')
  return startProcess({
    runtime: 'node',
    dataDir,
    env: { LOG_LEVEL: 'warn', NODE_OPTIONS: `--import ${preload}` },
    ...(isOwn && { entry: join(folder, 'main.ts') }),
  })
}

async function check({ code, line }: Block, shown: Block | undefined, port: string, folder: string): Promise<void> {
  const isEnough = (output: string) => shown?.language === 'text' && matchesText(shown.code, output)
  const output = await runShell(code.replaceAll(address, `$1${port}`), folder, isEnough)
  if (shown?.language !== 'json' && shown?.language !== 'text') return
  const isRight = shown.language === 'json' ? matchesJson(shown.code, output) : isEnough(output)
  expect(isRight ? shown.code : output, `the output of line ${line}:\n${code}`).toBe(shown.code)
}
