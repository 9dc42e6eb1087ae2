import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../harness/server.ts'
import { createTodo } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()
/** Fails sooner than the time-out of other tests when the process never ends. */
const options = { timeout: 20_000 }

test('`npm start` ends with its server, and in an orderly way, at SIGTERM', options, async () => {
  const dataDir = await folder()
  const env = { ...process.env, PORT: '0', DATA_DIR: dataDir }
  // A group of its own, so that nothing of it is left behind.
  const child = spawn('npm', ['start'], { cwd: root, env, detached: true })
  const closed = once(child, 'close')
  onTestFinished(async () => {
    if (!child.stderr.closed && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    await closed
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += String(chunk)
  })
  child.stdout.resume()
  while (!/listens on (http\S+)/.test(errors)) await once(child.stderr, 'data')
  await createTodo(/listens on (http\S+)/.exec(errors)?.[1] ?? '', 'milk')
  child.kill('SIGTERM')
  // Its output closes when all that may write to it has ended.
  await closed
  expect(existsSync(join(dataDir, 'galley.db'))).toBe(true)
  expect(existsSync(join(dataDir, 'galley.db-wal'))).toBe(false)
})
