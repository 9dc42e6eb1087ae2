import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { configNames } from '../../src/config.ts'
import { freePort } from './free-port.ts'
import { createTodo, runToEnd, servers, terminate, titlesOf } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

const start = servers()
const folder = temporaryFolders()
const run = promisify(execFile)

describe.each(['node', 'deno', 'bun'] as const)('a server on %s', (runtime) => {
  test('listens on PORT and keeps its data in DATA_DIR, which it makes with its parents', async () => {
    const dataDir = join(await folder(), 'not yet', 'här')
    const port = await freePort()
    const server = await start({ runtime, dataDir, env: { PORT: String(port) } })
    expect(server.url).toBe(`http://127.0.0.1:${port}`)
    await createTodo(server.url, 'milk')
    expect(await titlesOf(`http://127.0.0.1:${port}`)).toEqual(['milk'])
    await access(join(dataDir, 'galley.db'))
  })

  test('prints its address, the data directory, two working commands, and the code of the first administrator', async () => {
    const { url, output, dataDir } = await start({ runtime })
    const [first, blank, ...commands] = output().trimEnd().split('\n')
    expect(first).toBe(`Galley listens on ${url} and keeps its data in ${dataDir}`)
    expect(blank).toBe('')
    const [list, docs, gap, open, between, code] = commands.map((line) => line.trim())
    expect(commands).toHaveLength(6)
    expect([gap, between]).toEqual(['', ''])
    expect(open).toBe('Anyone may read and change todos, rooms, members, messages.')
    expect(code).toMatch(/The code gla_[\w-]{43} makes one of the account/)
    expect(await outputOf(list)).toMatchObject({ data: [], status: 200 })
    expect(docs).toBe(`open ${url}/docs`)
    const page = await fetch(`${url}/docs`)
    expect(page.headers.get('content-type')).toContain('text/html')
  })

  test('prints its banner and a line for each request, and nothing else', async () => {
    const dataDir = await folder()
    const server = await start({ runtime, dataDir })
    await createTodo(server.url, 'milk')
    await terminate(server)
    const lines = server.output().trimEnd().split('\n')
    expect(lines[0]).toMatch(/^Galley listens on /)
    expect(lines.slice(8)).toEqual([expect.stringContaining('"route":"/api/todos","status":201')])
  })

  test('lists every variable on --help and ends with code 0', async () => {
    const dataDir = join(await folder(), 'none')
    const { code, stdout, stderr } = await runToEnd({ runtime, dataDir, args: ['--help'] })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const name of configNames) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    await expect(access(dataDir)).rejects.toThrow('ENOENT')
  })

  test('has its data after an orderly restart', async () => {
    const dataDir = await folder()
    const first = await start({ runtime, dataDir })
    const todo = await createTodo(first.url, 'milk')
    expect(await terminate(first)).toBe(0)
    const second = await start({ runtime, dataDir })
    const response = await fetch(`${second.url}/api/todos/${String(todo.id)}`)
    expect(await response.json()).toEqual({ data: todo, status: 200 })
  })
})

test('one runtime serves the data that the other one stored', async () => {
  const dataDir = await folder()
  const node = await start({ runtime: 'node', dataDir })
  await createTodo(node.url, 'milk')
  expect(await terminate(node)).toBe(0)
  const deno = await start({ runtime: 'deno', dataDir })
  expect(await titlesOf(deno.url)).toEqual(['milk'])
})

/** Runs a command line in a shell and parses what it prints. */
async function outputOf(command = ''): Promise<unknown> {
  const { stdout } = await run('sh', ['-c', `${command} --silent --fail`])
  return JSON.parse(stdout)
}
