/** `deno task start`, with the permissions that deno.json grants and no more. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { configNames } from '../../src/config.ts'
import { root } from '../harness/server.ts'
import { freePort } from './free-port.ts'
import { createTodo, titlesOf } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()
const started: ChildProcess[] = []

afterAll(async () => {
  for (const child of started) {
    // The whole group, since the server is a child of the task.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
})

interface Task {
  child: ChildProcess
  url: string
}

async function startTask(dataDir: string, env: Record<string, string> = {}): Promise<Task> {
  const port = String(await freePort())
  const child = spawn(join(root, 'node_modules/.bin/deno'), ['task', 'start'], {
    cwd: root,
    detached: true,
    env: { ...process.env, PORT: port, DATA_DIR: dataDir, ...env },
  })
  started.push(child)
  await listening(child)
  return { child, url: `http://127.0.0.1:${port}` }
}

async function listening(child: ChildProcess): Promise<void> {
  let output = ''
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += String(chunk)
        if (output.includes('listens on')) resolve()
      })
    }
    child.on('close', (code) => reject(new Error(`The task ended with ${code}:\n${output}`)))
  })
}

describe('deno task start', () => {
  test('serves todos, the page and the API explorer, and ends in an orderly way', async () => {
    const { child, url } = await startTask(join(await folder(), 'made', 'anew'))
    await createTodo(url, 'milk')
    expect(await titlesOf(url)).toEqual(['milk'])
    for (const path of [
      '/',
      '/status',
      '/status/status.js',
      '/docs',
      '/docs/swagger-ui.css',
      '/docs/swagger-ui-bundle.js',
      '/openapi.json',
    ]) {
      const response = await fetch(url + path, { headers: { Accept: path === '/' ? 'text/html' : '*/*' } })
      const body = await response.text()
      expect({ path, status: response.status, empty: body === '' }).toEqual({ path, status: 200, empty: false })
    }
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test('has permission for every variable of the configuration', async () => {
    const env = { HOST: '127.0.0.1', CORS_ORIGINS: 'https://app.example', ALLOWED_HOSTS: 'app.example' }
    const { url } = await startTask(await folder(), env)
    const { headers } = await fetch(`${url}/api/todos`, { headers: { Origin: 'https://app.example' } })
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example')
  })

  test('accepts a data directory with a space in its name', async () => {
    const { url } = await startTask(join(await folder(), 'my data'))
    expect(await createTodo(url, 'milk')).toMatchObject({ title: 'milk' })
  })

  test('has only the named permissions', async () => {
    const { tasks } = JSON.parse(await readFile(join(root, 'deno.json'), 'utf8')) as { tasks: { start: string } }
    const permissions = tasks.start.replaceAll('"', '').match(/--allow-\S+|(?<= )-[A-Z]\b/g) ?? []
    const values = new Map(permissions.map((permission) => permission.split('=', 2) as [string, string | undefined]))
    expect(new Set(values.keys())).toEqual(new Set(['--allow-env', '--allow-net', '--allow-read', '--allow-write']))
    for (const value of values.values()) expect(value).toMatch(/\w/)
    expect(new Set(values.get('--allow-env')?.split(','))).toEqual(
      // The last one is read by the package that speaks WebSocket.
      new Set([...configNames, 'WS_NO_BUFFER_UTIL']),
    )
  })
})
