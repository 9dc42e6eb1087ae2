import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningServer, root, startWorker } from '../harness/server.ts'
import { databaseCases } from './database.ts'
import { createSqliteSubject } from './sqlite-subject.ts'

describe('node:sqlite on Node', () => {
  for (const { name, run } of databaseCases) {
    test(name, async () => {
      const subject = createSqliteSubject()
      await run(subject)
      await subject.remove()
    })
  }
})

describe.each([
  ['Deno', 'deno', ['run', '-A']],
  ['Bun', 'bun', []],
])('node:sqlite on %s', (_, command, args) => {
  let errors: Map<string, string | null>
  beforeAll(async () => {
    const bin = join(root, 'node_modules/.bin', command)
    const { stdout } = await promisify(execFile)(bin, [...args, 'test/contracts/run-on-process.ts'], { cwd: root })
    const lines = stdout.trim().split('\n')
    errors = new Map(
      lines
        .map((line) => JSON.parse(line) as { name: string; error: string | null })
        .map(({ name, error }) => [name, error]),
    )
  })
  for (const { name } of databaseCases) test(name, () => expect(errors.get(name)).toBeNull())
})

describe('the SQLite of a Durable Object', () => {
  let worker: RunningServer
  beforeAll(async () => {
    worker = await startWorker('test/contracts/wrangler.toml')
  })
  afterAll(() => worker.stop())
  for (const [index, { name }] of databaseCases.entries()) {
    test(name, async () => {
      const response = await fetch(`${worker.url}/${index}`)
      expect(await response.text()).toBe('ok')
    })
  }
})
