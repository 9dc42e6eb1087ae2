import { execFileSync } from 'node:child_process'
import {
  appendFile,
  constants,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readlink,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createFolderAssets } from '../../adapters/process/folder-assets.ts'
import type { Asset, Assets } from '../../src/ports/assets.ts'

let base: string
let folder: string
let assets: Assets

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'galley-'))
  folder = join(base, 'public folder')
  await mkdir(join(folder, 'img'), { recursive: true })
  await writeFile(join(folder, 'page.html'), 'page')
  await writeFile(join(folder, 'img', 'logo.svg'), 'logo')
  await writeFile(join(base, 'secret.txt'), 'secret')
  assets = createFolderAssets([{ at: '', folder: pathToFileURL(`${folder}/`) }])
})

afterEach(() => rm(base, { recursive: true, force: true }))

async function opened(path: string): Promise<Asset> {
  const asset = await assets.open(path)
  if (!asset) throw new Error(`There is no ${path}.`)
  return asset
}

async function contentOf(path: string): Promise<string> {
  const asset = await opened(path)
  return new Response(asset.read(0, asset.sizeBytes - 1)).text()
}

describe('a folder of files', () => {
  test('gives files at any depth', async () => {
    expect(await contentOf('page.html')).toBe('page')
    expect(await contentOf('img/logo.svg')).toBe('logo')
  })

  test.each(['two words.txt', 'grüße-日本.txt', '100%.txt', 'a%2Fb.txt', 'a+b&c=d?e#f.txt', 'it\'s "this".txt'])(
    'gives %s by the name that it has',
    async (name) => {
      await writeFile(join(folder, name), name)
      expect(await contentOf(name)).toBe(name)
    },
  )

  test('gives an empty file its size', async () => {
    await writeFile(join(folder, 'empty.txt'), '')
    expect(await opened('empty.txt')).toMatchObject({ sizeBytes: 0 })
  })

  test.each([
    'none.txt',
    'img',
    'img/',
    '',
    '.',
    'page.html/',
    'page.html/below',
    '../secret.txt',
    'img/../../secret.txt',
    `${'x'.repeat(300)}.txt`,
  ])('has nothing at "%s"', async (path) => {
    expect(await assets.open(path)).toBeNull()
  })

  test('takes an absolute path as one below it', async () => {
    expect(await assets.open(join(base, 'secret.txt'))).toBeNull()
    expect(await assets.open('/etc/passwd')).toBeNull()
  })

  test.each(['.env', '.git/config', 'img/.hidden.svg'])('hides %s', async (path) => {
    await mkdir(join(folder, '.git'))
    await writeFile(join(folder, path), 'hidden')
    expect(await assets.open(path)).toBeNull()
  })

  test('follows links that stay inside, and none that lead outside', async () => {
    await symlink(join(folder, 'page.html'), join(folder, 'inside.html'))
    await symlink(join(base, 'secret.txt'), join(folder, 'outside.txt'))
    await symlink('../secret.txt', join(folder, 'up.txt'))
    await symlink(base, join(folder, 'above'))
    await symlink('loop', join(folder, 'loop'))
    expect(await contentOf('inside.html')).toBe('page')
    for (const path of ['outside.txt', 'up.txt', 'above/secret.txt', 'above', 'loop']) {
      expect(await assets.open(path), path).toBeNull()
    }
  })

  test('follows no link into a folder whose name merely begins like its own', async () => {
    await mkdir(`${folder} 2`)
    await writeFile(join(`${folder} 2`, 'near.txt'), 'near')
    await symlink(join(`${folder} 2`, 'near.txt'), join(folder, 'near.txt'))
    expect(await assets.open('near.txt')).toBeNull()
  })

  test('may itself be reached by a link', async () => {
    await symlink(folder, join(base, 'link'))
    assets = createFolderAssets([{ at: '', folder: pathToFileURL(join(base, 'link/')) }])
    expect(await contentOf('page.html')).toBe('page')
  })

  test('does not wait for a named pipe', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const asset = assets.open('pipe')
    // A writer releases a reader that waits in open(), so that a failure does not hang.
    const writer = vi.waitUntil(() => open(pipe, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => null))
    const first = await Promise.race([asset, writer.then(() => 'it waited for a writer')])
    await (await writer.catch(() => null))?.close()
    expect(first).toBeNull()
  })

  test('may be missing altogether', async () => {
    await rm(folder, { recursive: true })
    expect(await assets.open('page.html')).toBeNull()
  })
})

describe('mounts', () => {
  test('serve a folder below a path, restricted to some names, and the first that has the file wins', async () => {
    assets = createFolderAssets([
      { at: 'docs/', folder: pathToFileURL(join(folder, 'img/')), only: /^logo\.svg$/ },
      { at: '', folder: pathToFileURL(`${folder}/`) },
    ])
    await mkdir(join(folder, 'docs'))
    await writeFile(join(folder, 'docs', 'logo.svg'), 'second')
    await writeFile(join(folder, 'docs', 'more.svg'), 'more')
    await writeFile(join(folder, 'img', 'other.svg'), 'other')
    expect(await contentOf('docs/logo.svg')).toBe('logo')
    expect(await contentOf('docs/more.svg')).toBe('more')
    expect(await assets.open('docs/other.svg')).toBeNull()
  })
})

describe('an asset', () => {
  const large = 300_000

  test('has another version once its content is another', async () => {
    const versions = new Set([(await opened('page.html')).version])
    await appendFile(join(folder, 'page.html'), '!')
    versions.add((await opened('page.html')).version)
    await utimes(join(folder, 'page.html'), 1, 1)
    versions.add((await opened('page.html')).version)
    expect(versions.size).toBe(3)
    expect((await opened('page.html')).version).toBe((await opened('page.html')).version)
  })

  test.each([
    [0, 0],
    [0, 65_535],
    [0, 65_536],
    [65_535, 65_536],
    [100_000, 250_000],
    [large - 1, large - 1],
    [0, large - 1],
  ])('gives the bytes from %i to %i and closes the file', async (start, end) => {
    const content = await writeLarge()
    const asset = await opened('large.bin')
    const bytes = new Uint8Array(await new Response(asset.read(start, end)).arrayBuffer())
    expect(Buffer.compare(bytes, content.subarray(start, end + 1))).toBe(0)
    await noneOpen()
  })

  test('ends its stream with an error when the file shrinks, and closes it', async () => {
    await writeLarge()
    const asset = await opened('large.bin')
    const reader = asset.read(0, large - 1).getReader()
    await reader.read()
    await truncate(join(folder, 'large.bin'), 1000)
    await expect(readToEnd(reader)).rejects.toThrow('shorter')
    await noneOpen()
  })

  test('ends its stream with an error when the file has gone', async () => {
    await writeLarge()
    const asset = await opened('large.bin')
    await rm(join(folder, 'large.bin'))
    await expect(new Response(asset.read(0, large - 1)).arrayBuffer()).rejects.toThrow()
    await noneOpen()
  })

  test('gives no more than its size when the file grows meanwhile', async () => {
    const asset = await opened('page.html')
    await appendFile(join(folder, 'page.html'), ' and more')
    expect(await new Response(asset.read(0, asset.sizeBytes - 1)).text()).toBe('page')
  })

  test('holds no file open while it is not read, nor once it is cancelled', async () => {
    await writeLarge()
    const asset = await opened('large.bin')
    const unread = asset.read(0, large - 1)
    expect(await openFiles()).toEqual([])
    await unread.cancel()
    const reader = asset.read(0, large - 1).getReader()
    await reader.read()
    expect(await openFiles()).toEqual([join(folder, 'large.bin')])
    await reader.cancel()
    await noneOpen()
  })

  test('holds no file open when it is cancelled while it is being opened or read', async () => {
    await writeLarge()
    const asset = await opened('large.bin')
    for (let turns = 0; turns < 20; turns += 1) {
      const reader = asset.read(0, large - 1).getReader()
      const reading = reader.read().catch(() => null)
      // Each time a little later, to hit opening, reading and passing on.
      for (let i = 0; i < turns; i += 1) await new Promise(setImmediate)
      await reader.cancel()
      await reading
    }
    await noneOpen()
  })

  async function writeLarge(): Promise<Uint8Array> {
    const content = new Uint8Array(large).map((_, index) => (index * 7) % 251)
    await writeFile(join(folder, 'large.bin'), content)
    return content
  }
})

async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

async function openFiles(): Promise<string[]> {
  const names = await readdir('/proc/self/fd')
  const paths = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')))
  return paths.filter((path) => path.startsWith(base))
}

/** A close is asynchronous, and there is no event to wait for. */
async function noneOpen(): Promise<void> {
  await vi.waitFor(async () => expect(await openFiles()).toEqual([]))
}
