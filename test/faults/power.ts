/** Simulates the contents of a disk after a power cut. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../process/write-load.ts'
import type { Disk } from './disk.ts'

/** The unit that a disk writes wholly or not at all. */
const sectorBytes = 512

/**
 * Puts into `folder` what may be left where some sectors that were written since the last sync made it
 * to the disk and others did not, in whatever order. Its server must be dead. What nothing unsynced
 * survives of is in `disk.shadowDir`.
 */
export function tearDisk({ dataDir, shadowDir }: Disk, folder: string, random: Random): void {
  for (const name of new Set([...readdirSync(dataDir), ...readdirSync(shadowDir)])) {
    const [written, synced] = [join(dataDir, name), join(shadowDir, name)].map(contentOf)
    // Neither a new name nor one that was removed is sure before its folder is synced.
    if (written && synced) writeFileSync(join(folder, name), mix(written, synced, random))
    else if (random() < 0.5) writeFileSync(join(folder, name), mix(written ?? none, synced ?? none, random))
  }
}

const none = Buffer.alloc(0)

function contentOf(path: string): Buffer | null {
  return existsSync(path) ? readFileSync(path) : null
}

function mix(written: Buffer, synced: Buffer, random: Random): Buffer {
  const result = Buffer.alloc((random() < 0.5 ? written : synced).byteLength)
  const share = random()
  for (let at = 0; at < result.byteLength; at += sectorBytes) {
    const source = random() < share ? written : synced
    result.set(source.subarray(at, Math.min(at + sectorBytes, result.byteLength)), at)
  }
  return result
}
