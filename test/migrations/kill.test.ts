/** `kill -9` in the middle of a migration. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../harness/server.ts'

const script = join(root, 'test/fixtures/migrating.ts')

async function start(...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args])
  return JSON.parse(stdout)
}

test('a start that is killed leaves what was there, for the old version as for the next try', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'galley-kill-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const before = { n: 1000, sum: 499_500, type: 'text', calls: 0 }
  expect(await start(folder, 'old')).toEqual(before)
  await expect(start(folder, 'new', '777')).rejects.toMatchObject({ signal: 'SIGKILL' })
  expect(await start(folder, 'old')).toEqual(before)
  expect(await start(folder, 'new')).toEqual({ ...before, type: 'integer', calls: 1000 })
  expect(await start(folder, 'new')).toEqual({ ...before, type: 'integer' })
})
