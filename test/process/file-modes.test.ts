/** Files with data are readable by their user alone, whatever the umask is and whoever made the folder. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { root } from '../harness/server.ts'
import { createTodo } from './servers.ts'
import { temporaryFolders } from './temporary.ts'
import { terminals } from './terminal.ts'

const open = terminals()
const folder = temporaryFolders()
const run = promisify(execFile)

/** Runs the rest of the command line with the umask that hides nothing. */
const unmasked = ['-c', 'umask 0; exec "$@"', 'sh']
const commands = { node: ['node'], deno: ['deno', 'run', '-A'], bun: ['bun'] }

function modesIn(directory: string): Record<string, string> {
  const modeOf = (name: string) => (statSync(join(directory, name)).mode & 0o777).toString(8)
  return Object.fromEntries(readdirSync(directory).map((name) => [name, modeOf(name)]))
}

const whileServed = { 'galley.db': '600', 'galley.db-wal': '600', 'galley.db-shm': '600', 'galley.lock': '600' }

test.each(['node', 'deno', 'bun'] as const)('the files of a server on %s are private', async (runtime) => {
  const dataDir = join(await folder(), 'open')
  mkdirSync(dataDir, { mode: 0o755 })
  const command = ['sh', ...unmasked, ...commands[runtime], `adapters/${runtime}.ts`]
  for (const kind of ['new', 'readable by all', 'left by a killed server']) {
    const server = open(command, { DATA_DIR: dataDir, PORT: '0' })
    const [, url = ''] = await server.shows(/listens on (http:\S+)/)
    await createTodo(url, 'milk')
    expect(modesIn(dataDir), kind).toMatchObject(whileServed)
    await server.signalAll(kind === 'new' ? 'SIGTERM' : 'SIGKILL')
    await server.exited
    for (const name of readdirSync(dataDir)) chmodSync(join(dataDir, name), 0o666)
  }

  const file = join(dataDir, 'copy.db')
  const env = { ...process.env, DATA_DIR: dataDir, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` }
  const maintain = (name: string) =>
    run('sh', [...unmasked, ...commands[runtime], 'adapters/cli/main.ts', name, file], { cwd: root, env })
  if (runtime === 'bun') return
  await maintain('backup')
  expect(modesIn(dataDir)['copy.db']).toBe('600')
  await maintain('restore')
  expect(modesIn(dataDir)).toMatchObject({
    'galley.db': '600',
    'galley.db.before-restore': '600',
    'galley.lock': '600',
  })
})
