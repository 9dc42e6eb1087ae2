/** How long clients keep static files, and when they learn of another content, on every runtime with files. */
import { mkdir, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { servers } from './servers.ts'
import { temporaryFolders } from './temporary.ts'

/** A loaded machine may take seconds for one try. */
const hangTimeoutMs = 60_000

const start = servers()
const folder = temporaryFolders()

/** Names that look as if they had a hash, but are written by people. */
const ordinary = [
  'page-chapter1.html',
  'report-20240131.pdf',
  'photo.20240131.jpg',
  'a.deadbeef.js',
  'app-BxK2fQ9z.js',
  'assets/page-BxK2fQ9z.html',
  'assets/page-BxK2fQ9z.xhtml',
  'assets/logo.svg',
]

describe.each(['node', 'deno', 'bun'] as const)('static files on %s', (runtime) => {
  test('are kept only as the app declares, and get another ETag with another content', async () => {
    const files = await folder()
    await mkdir(join(files, 'assets'))
    for (const name of [...ordinary, 'assets/app-BxK2fQ9z.js']) await writeFile(join(files, name), 'one')
    const { url } = await start({ runtime, entry: 'test/fixtures/static-files.ts', env: { PUBLIC_FOLDER: files } })
    const get = async (name: string, headers = {}) => (await fetch(`${url}/${name}`, { headers })).headers
    const kept = await Promise.all(ordinary.map(async (name) => [name, (await get(name)).get('cache-control')]))
    expect(kept).toEqual(ordinary.map((name) => [name, 'no-cache']))
    // Twice, because the pattern has the flag `g`.
    for (const _ of [1, 2]) {
      expect((await get('assets/app-BxK2fQ9z.js')).get('cache-control')).toBe('public, max-age=31536000, immutable')
    }

    const tagOf = async (name: string) => (await get(name)).get('etag') ?? ''
    const path = join(files, 'report-20240131.pdf')
    const tags = [await tagOf('report-20240131.pdf')]
    const { atime, mtime } = await stat(path)
    await writeFile(`${path}.new`, 'two')
    await utimes(`${path}.new`, atime, mtime)
    await rename(`${path}.new`, path)
    tags.push(await tagOf('report-20240131.pdf'))
    await vi.waitFor(async () => {
      // Repeated, because a file system may count time in steps of some milliseconds.
      await writeFile(path, 'six')
      await utimes(path, atime, mtime)
      expect(tags).not.toContain(await tagOf('report-20240131.pdf'))
    }, hangTimeoutMs)
    tags.push(await tagOf('report-20240131.pdf'))
    expect(new Set(tags).size).toBe(3)
    expect((await fetch(`${url}/report-20240131.pdf`, { headers: { 'If-None-Match': tags[2] ?? '' } })).status).toBe(
      304,
    )
    expect((await fetch(`${url}/report-20240131.pdf`, { headers: { 'If-None-Match': tags[0] ?? '' } })).status).toBe(
      200,
    )
  })
})
