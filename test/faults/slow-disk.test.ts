/** A disk whose every sync takes 5 ms more. The tests check order and number, not time. */
import { expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import type { Ledger } from '../process/ledger.ts'
import { servers } from '../process/servers.ts'
import { attempt, createdOutcome, creation } from './attempt.ts'
import { disks } from './disks.ts'
import { storedTodos } from './stored.ts'

const newDisk = disks()
const start = servers()

const writers = 16
const writesEach = 25
const readers = 4

test.each(sample(['node', 'deno'] as const, 2))(
  'writes on a slow disk share its syncs, and reads run between them (%s)',
  async (runtime) => {
    const disk = await newDisk()
    const { url } = await start({ runtime, dataDir: disk.dataDir, env: disk.env })
    const ledger: Ledger = { rows: new Map(), open: new Set() }
    await attempt(url, ledger, creation())
    disk.set('syncDelayMs', 5)
    const syncsBefore = disk.get('syncs')
    const write = async () => {
      const outcomes: string[] = []
      for (let i = 0; i < writesEach; i += 1) outcomes.push(await attempt(url, ledger, creation()))
      return outcomes
    }
    const progress = { writing: true }
    const read = async () => {
      const statuses: number[] = []
      while (progress.writing) statuses.push(await statusOf(url, ledger))
      return statuses
    }
    const reading = Promise.all(Array.from({ length: readers }, read))
    const outcomes = await Promise.all(Array.from({ length: writers }, write))
    progress.writing = false
    const statuses = (await reading).flat()
    const syncs = disk.get('syncs') - syncsBefore
    console.info(`slow disk on ${runtime}: ${writers * writesEach} writes, ${syncs} syncs, ${statuses.length} reads`)
    expect(new Set(outcomes.flat())).toEqual(new Set([createdOutcome]))
    expect(new Set(statuses)).toEqual(new Set([200]))
    // One sync for each write would be a disk that many wait for; here sixteen ask at once.
    expect(syncs).toBeLessThan((writers * writesEach) / 2)
    // No reader waits for many commits: each of them gets its responses while the writes continue.
    expect(statuses.length).toBeGreaterThan((syncs * readers) / 4)
    expect(await storedTodos(url)).toEqual(ledger.rows)
  },
)

async function statusOf(url: string, { rows }: Ledger): Promise<number> {
  const [id] = rows.keys()
  const response = await fetch(`${url}/api/todos/${id}`)
  await response.arrayBuffer()
  return response.status
}
