/** Power cuts: acknowledged writes survive exactly as far as the disk was synced. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rounds } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import { contradictions, type Ledger } from '../process/ledger.ts'
import { servers } from '../process/servers.ts'
import { temporaryFolders } from '../process/temporary.ts'
import { createRandom, type Random, writeUntilGone } from '../process/write-load.ts'
import type { Disk } from './disk.ts'
import { disks } from './disks.ts'
import { tearDisk } from './power.ts'
import { integrityOf, storedTodos } from './stored.ts'

const folder = temporaryFolders()
const newDisk = disks()
const start = servers()

const clients = 16
const acknowledgedMax = 300
/** The largest number of disk calls in a round, and of those on the database file. */
const callsMax = 1000
const checkpointCallsMax = 60
const seed = 20_261_121

test.each([
  ['node', rounds({ sampled: 3, full: 20 })],
  ['deno', rounds({ sampled: 3, full: 20 })],
] as const)('an acknowledged write survives a power cut at any moment (%s)', async (runtime, cuts) => {
  const random = createRandom(seed)
  const ledger: Ledger = { rows: new Map(), open: new Set() }
  const totals = { acknowledged: 0, unanswered: 0 }
  let disk = await newDisk()
  for (let round = 0; round < cuts; round += 1) {
    const server = await start({ runtime, dataDir: disk.dataDir, env: disk.env })
    await reconcile(server.url, ledger)
    totals.acknowledged += await writeUntilCut(server, disk, ledger, random)
    totals.unanswered += ledger.open.size
    disk = await newDisk(await remains(disk, random))
    expect(await integrityOf(disk.dataDir, await folder()), `round ${round}`).toBe('ok')
  }
  const last = await start({ runtime, dataDir: disk.dataDir, env: disk.env })
  await reconcile(last.url, ledger)
  console.info(`power cuts on ${runtime}: ${JSON.stringify({ cuts, ...totals, rows: ledger.rows.size })}`)
})

/** Compares the ledger with the stored rows. The outcome of unanswered writes is known then. */
async function reconcile(url: string, ledger: Ledger): Promise<void> {
  const stored = await storedTodos(url)
  expect(contradictions(ledger, stored)).toEqual([])
  ledger.open.clear()
  ledger.rows = stored
}

/** Cuts at a random moment. Returns the number of acknowledgements. */
async function writeUntilCut(server: RunningProcess, disk: Disk, ledger: Ledger, random: Random): Promise<number> {
  const fatal = chooseMoment(disk, random)
  let acknowledged = 0
  const onAcknowledged = () => {
    acknowledged += 1
    if (acknowledged === fatal) server.process.kill('SIGKILL')
  }
  await writeUntilGone({ url: server.url, clients, ledger, random, onAcknowledged })
  expect(await server.exited).toBe('SIGKILL')
  return acknowledged
}

/** The moment of the cut: after an acknowledgement, or during a disk call, anywhere or in a checkpoint. */
function chooseMoment(disk: Disk, random: Random): number {
  const below = (max: number) => 1 + Math.floor(random() * max)
  const dice = random()
  if (dice < 0.4) return below(acknowledgedMax)
  const inCheckpoint = dice < 0.7
  disk.set('fuseSparesWal', inCheckpoint ? 1 : 0)
  disk.set('fuse', below(inCheckpoint ? checkpointCallsMax : callsMax))
  return Number.POSITIVE_INFINITY
}

/** Either nothing that was not synced, or some of it. */
async function remains(disk: Disk, random: Random): Promise<string> {
  if (random() < 0.5) return disk.shadowDir
  const torn = join(await folder(), 'torn')
  await mkdir(torn)
  tearDisk(disk, torn, random)
  return torn
}

test.each([
  ['the sync of the log', 'log'],
  ["SQLite's own syncs", 'sqlite'],
])('a power cut loses acknowledged writes without %s', async (_, FAULT_SYNC) => {
  const weak = { NODE_OPTIONS: `--import=${new URL('weak-sync.ts', import.meta.url)}`, FAULT_SYNC }
  expect(await lossesOf('node', weak)).not.toEqual([])
})

test.each(['node', 'deno'] as const)(
  'a power cut loses acknowledged writes on a disk that reports false syncs (%s)',
  async (runtime) => {
    expect(await lossesOf(runtime, {}, (disk) => disk.set('loseSyncs', 1))).not.toEqual([])
  },
)

async function lossesOf(
  runtime: 'node' | 'deno',
  env: Record<string, string>,
  prepare: (disk: Disk) => void = () => {},
): Promise<string[]> {
  const ledger: Ledger = { rows: new Map(), open: new Set() }
  const disk = await newDisk()
  const server = await start({ runtime, dataDir: disk.dataDir, env: { ...disk.env, ...env } })
  prepare(disk)
  let left = 100
  const onAcknowledged = () => {
    left -= 1
    if (left === 0) server.process.kill('SIGKILL')
  }
  await writeUntilGone({ url: server.url, clients, ledger, random: createRandom(seed), onAcknowledged })
  const rest = await newDisk(disk.shadowDir)
  const again = await start({ runtime, dataDir: rest.dataDir })
  return contradictions(ledger, await storedTodos(again.url)).filter((fault) => fault.endsWith('found nothing'))
}
