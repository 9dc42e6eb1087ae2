/** Every TypeScript block of the documentation is a complete module that type-checks. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { root } from '../harness/server.ts'
import { readPages } from './pages.ts'
import { createWorkspace } from './workspace.ts'

test('every TypeScript block type-checks', async () => {
  const workspace = await createWorkspace(readPages())
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { stdout } = await promisify(execFile)(tsc, ['-p', workspace.folder], { cwd: workspace.folder }).catch(
    (error: { stdout: string }) => error,
  )
  await workspace.remove()
  expect(stdout).toBe('')
})
