/** The test's side of disk.c: a data directory on a disk that fails and loses data on demand. */
import { execFileSync } from 'node:child_process'
import { closeSync, cpSync, mkdirSync, openSync, readSync, realpathSync, writeSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The numbers of the control file, in the order of `struct control`. */
const cells = [
  'error',
  'failing',
  'roomBytes',
  'syncDelayMs',
  'loseSyncs',
  'fuse',
  'fuseSparesWal',
  'clockOffsetMs',
  'syncs',
  'faults',
] as const
type Cell = (typeof cells)[number]
const cellBytes = 8

const { ENOSPC, EIO, EROFS } = constants.errno
const growth = 1
const writes = 2
const syncs = 4
const changes = 8

/** The ways in which a disk fails, until it is repaired. */
const failures = {
  /** Nothing may grow. */
  full: { error: ENOSPC, failing: growth },
  'bad at writes': { error: EIO, failing: writes },
  'bad at syncs': { error: EIO, failing: syncs },
  'read-only': { error: EROFS, failing: growth | writes | syncs | changes },
} as const
export type Failure = keyof typeof failures

/** A data directory, and the control of its disk. */
export interface Disk {
  dataDir: string
  /** The contents after a power cut: synced data only. */
  shadowDir: string
  /** For the server that is to live on it. */
  env: Record<string, string>
  set(cell: Cell, value: number): void
  get(cell: Cell): number
  /** Fails from now on; a full one once its files have grown by `roomBytes` more. */
  fail(failure: Failure, roomBytes?: number): void
  heal(): void
}

/** Compiles disk.c. @throws where there is no C compiler, or no Linux to run it */
export function compileLibrary(folder: string): string {
  if (process.platform !== 'linux') throw new Error('These tests need Linux: they put a library before the C library.')
  const library = join(folder, 'disk.so')
  const source = fileURLToPath(new URL('disk.c', import.meta.url))
  try {
    execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source])
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error
    throw new Error('These tests need a C compiler as `cc`. Install gcc.', { cause: error })
  }
  return library
}

/** Makes a sound disk below `folder`, with the files of `content` on it, synced. */
export async function createDisk(library: string, folder: string, content?: string): Promise<Disk> {
  const home = await mkdtemp(join(realpathSync(folder), 'disk-'))
  const [dataDir, shadowDir, controlPath] = [join(home, 'data'), join(home, 'shadow'), join(home, 'control')]
  for (const copy of [dataDir, shadowDir]) {
    if (content === undefined) mkdirSync(copy)
    else cpSync(content, copy, { recursive: true })
  }
  const control = openControl(controlPath)
  return {
    dataDir,
    shadowDir,
    env: { LD_PRELOAD: library, FAULT_DIR: dataDir, FAULT_SHADOW: shadowDir, FAULT_CONTROL: controlPath },
    ...control,
    fail(failure, roomBytes = 0) {
      const { error, failing } = failures[failure]
      control.set('roomBytes', roomBytes)
      control.set('failing', failing)
      control.set('error', error)
    },
    heal: () => control.set('error', 0),
  }
}

/** Opens the file anew each time, so that no caller must close it. */
function openControl(path: string): Pick<Disk, 'set' | 'get'> {
  const cell = Buffer.alloc(cellBytes)
  const at = (name: Cell, use: (fd: number, offset: number) => void) => {
    const fd = openSync(path, 'r+')
    use(fd, cells.indexOf(name) * cellBytes)
    closeSync(fd)
  }
  closeSync(openSync(path, 'w'))
  at('error', (fd) => writeSync(fd, Buffer.alloc(cells.length * cellBytes)))
  return {
    set(name, value) {
      cell.writeBigInt64LE(BigInt(value))
      at(name, (fd, offset) => writeSync(fd, cell, 0, cellBytes, offset))
    },
    get(name) {
      at(name, (fd, offset) => readSync(fd, cell, 0, cellBytes, offset))
      return Number(cell.readBigInt64LE())
    },
  }
}
