/** Runs schedules of the recovery simulation: `npm run recovery -- --seeds 10000 --from 1`. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { runSchedule } from './schedule.ts'

/** More would say the same again. */
const failuresMax = 5
/** In memory where there is such a folder, because the files are temporary. */
const memoryFolder = '/dev/shm'

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '2000' }, from: { type: 'string', default: '1' } },
})
const [seeds, from] = [Number(values.seeds), Number(values.from)]
if (!Number.isSafeInteger(seeds) || !Number.isSafeInteger(from)) throw new TypeError('--seeds and --from are numbers.')

const folder = mkdtempSync(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'galley-recovery-'))
const totals = { schedules: 0, events: 0, gaps: 0, failures: 0 }
try {
  for (let seed = from; seed < from + seeds && totals.failures < failuresMax; seed += 1) await runOne(seed)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const { schedules, events, gaps, failures } = totals
process.stdout.write(`${schedules} schedules from seed ${from}, ${events} events, ${gaps} gaps, ${failures} failures\n`)
process.exitCode = failures > 0 ? 1 : 0

async function runOne(seed: number): Promise<void> {
  totals.schedules += 1
  try {
    const outcome = await runSchedule(seed, folder)
    totals.events += outcome.events
    totals.gaps += outcome.gaps
  } catch (error) {
    totals.failures += 1
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`)
  }
}
