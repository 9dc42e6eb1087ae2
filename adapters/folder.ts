import { type FileHandle, open, realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Asset, Assets } from '../src/platform.ts'

/** A folder on disk that is served below a path such as `docs/`; `only` restricts it to some names. */
interface Mount {
  at: string
  folder: URL
  only?: RegExp
}

const chunkBytes = 64 * 1024

/**
 * The assets port over folders on disk, for Node and Deno. The first mount that has the file wins.
 * Links are followed only as long as they stay inside.
 */
export function createFolderAssets(mounts: readonly Mount[]): Assets {
  return {
    async open(path) {
      for (const { at, folder, only } of mounts) {
        if (!path.startsWith(at)) continue
        const name = path.slice(at.length)
        if (only && !only.test(name)) continue
        const asset = await openInside(folder, name)
        if (asset) return asset
      }
      return null
    },
  }
}

async function openInside(folder: URL, name: string): Promise<Asset | null> {
  try {
    const root = await realpath(fileURLToPath(folder))
    const path = await realpath(`${root}${sep}${name}`)
    return path.startsWith(root + sep) ? await openFile(path) : null
  } catch (error) {
    if (absent.has((error as { code?: string }).code ?? '')) return null
    throw error
  }
}

const absent = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EACCES', 'ELOOP'])

async function openFile(path: string): Promise<Asset | null> {
  const file = await open(path, 'r')
  try {
    const { size, mtimeNs } = await file
      .stat({ bigint: true })
      .then((stats) => ({ size: stats.isFile() ? Number(stats.size) : -1, mtimeNs: stats.mtimeNs }))
    if (size < 0) return null
    return {
      sizeBytes: size,
      version: `${size.toString(36)}-${mtimeNs.toString(36)}`,
      read: (start, end) => readRange(path, start, end),
    }
  } finally {
    await file.close()
  }
}

/** Opens the file at the first pull, so that an answer that is never read holds nothing open. */
function readRange(path: string, start: number, end: number): ReadableStream<Uint8Array> {
  let file: FileHandle | null = null
  let position = start
  return new ReadableStream(
    {
      async pull(controller) {
        file ??= await open(path, 'r')
        const length = Math.min(chunkBytes, end + 1 - position)
        const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, position)
        if (bytesRead === 0) throw new Error('The file became shorter while it was sent.')
        position += bytesRead
        controller.enqueue(buffer.subarray(0, bytesRead))
        if (position <= end) return
        await file.close()
        controller.close()
      },
      cancel: () => file?.close(),
    },
    { highWaterMark: 0 },
  )
}
