/** The types of a server, checked by the compiler of TypeScript. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { type Description, printTypes } from '../../adapters/cli/print-types.ts'
import { testServer } from '../../adapters/testing/test-server.ts'
import { authors, books } from '../fixtures/books.ts'
import { documents } from '../fixtures/documents.ts'
import { root } from '../harness/server.ts'

const use = `
import type { Collections } from './galley.ts'
export const row = (book: Collections['books']['row']): string => book.title
export const created: Collections['books']['create'] = { title: 'x', isbn: '1', author: '0', format: 'ebook', size: { pages: 1 } }
export const changed: Collections['books']['change'] = { subtitle: null, tags: ['a'] }
// @ts-expect-error there is no such format
export const wrong: Collections['books']['change'] = { format: 'vinyl' }
// @ts-expect-error an isbn is missing
export const short: Collections['books']['create'] = { title: 'x', author: '0' }
`

test('the printed types compile, and refuse what the server would', async () => {
  const app = await testServer({ collections: [authors, books, documents] })
  const types = printTypes((await (await app.request('/openapi.json')).json()) as Description)
  await app.stop()
  const folder = mkdtempSync(join(tmpdir(), 'galley-types-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'galley.ts'), types)
  writeFileSync(join(folder, 'use.ts'), use)
  const options = [
    '--noEmit',
    '--strict',
    '--allowImportingTsExtensions',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--types',
    '',
  ]
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { stdout } = await promisify(execFile)(tsc, [...options, join(folder, 'use.ts')], {
    cwd: folder,
    env: process.env,
  }).catch((error: { stdout: string }) => error)
  expect(stdout).toBe('')
  expect(types).toContain('format: "paper" | "ebook" | "audio"\n')
  expect(types).toContain('tags: string[]\n')
})
