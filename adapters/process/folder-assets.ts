import { constants } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Asset, type Assets, type ImmutableFiles, isImmutable } from '../../src/ports/assets.ts'

/** A folder on disk that is served below a path such as `docs/`; `only` restricts it to some names. */
export interface Mount {
  at: string
  folder: URL
  only?: RegExp
}

const chunkBytes = 64 * 1024

/**
 * The assets port over folders on disk, for runtimes with `node:fs`. The first mount that has the file wins.
 * Links are followed only inside the folder.
 */
export function createFolderAssets(mounts: readonly Mount[], immutable: ImmutableFiles = {}): Assets {
  return {
    async open(path) {
      for (const { at, folder, only } of mounts) {
        if (!path.startsWith(at)) continue
        const name = path.slice(at.length)
        if (only && !only.test(name)) continue
        const asset = await openInside(folder, name)
        if (asset) return { ...asset, isImmutable: isImmutable(path, immutable) }
      }
      return null
    },
  }
}

const absent = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EACCES', 'ELOOP'])

type File = Omit<Asset, 'isImmutable'>

async function openInside(folder: URL, name: string): Promise<File | null> {
  try {
    const root = await realpath(fileURLToPath(folder))
    const path = await realpath(`${root}${sep}${name}`)
    const isHidden = `${sep}${name}${path.slice(root.length)}`.includes(`${sep}.`)
    return path.startsWith(root + sep) && !isHidden ? await describe(path) : null
  } catch (error) {
    if (absent.has((error as { code?: string }).code ?? '')) return null
    throw error
  }
}

async function describe(path: string): Promise<File | null> {
  const { size, mtimeNs, ctimeNs, ino, ...stats } = await stat(path, { bigint: true })
  if (!isRegular(stats.mode)) return null
  return {
    sizeBytes: Number(size),
    // Inode and change time too: tools that copy files set equal sizes and times, but not these.
    version: [size, mtimeNs, ctimeNs, ino].map((part) => part.toString(36)).join('-'),
    read: (start, end) => readRange(path, start, end),
  }
}

function isRegular(mode: bigint): boolean {
  return (mode & BigInt(constants.S_IFMT)) === BigInt(constants.S_IFREG)
}

/**
 * Opens the file at the first pull, so that a response that is never read keeps no file open, and always closes it: on
 * Node a handle that is garbage-collected ends the process.
 */
function readRange(path: string, start: number, end: number): ReadableStream<Uint8Array> {
  let opening: Promise<FileHandle> | null = null
  let position = start
  let done = false
  const close = async () => {
    done = true
    const file = await opening
    await file?.close()
  }
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          opening ??= open(path, 'r')
          const chunk = await readChunk(await opening, position, end)
          if (done) return
          position += chunk.byteLength
          controller.enqueue(chunk)
          if (position <= end) return
          await close()
          controller.close()
        } catch (error) {
          if (done) return
          await close()
          throw error
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  )
}

async function readChunk(file: FileHandle, position: number, end: number): Promise<Uint8Array> {
  const length = Math.min(chunkBytes, end + 1 - position)
  const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, position)
  if (bytesRead === 0) throw new Error('The file became shorter while it was sent.')
  return buffer.subarray(0, bytesRead)
}
