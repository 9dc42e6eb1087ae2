/** The kit in the test runners of the runtimes. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { root } from '../harness/server.ts'

const file = join(root, 'test/fixtures/bookings-runner.test.ts')
const bin = (name: string) => join(root, 'node_modules/.bin', name)
const runners: [string, string, string[]][] = [
  ['node --test', process.execPath, ['--test', file]],
  ['deno test', bin('deno'), ['test', '-A', '--no-check', '--quiet', file]],
  ['bun test', bin('bun'), ['test', file]],
]

test.each(sample(runners, 3))('%s runs a test of an app in memory', async (_, command, parameters) => {
  const { stdout, stderr } = await promisify(execFile)(command, parameters, { cwd: root })
  expect(stdout + stderr).toMatch(/pass 1|1 passed|1 pass/)
})
