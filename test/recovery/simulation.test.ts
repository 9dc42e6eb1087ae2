/** Seeded schedules: readers lose and repeat nothing, whatever happens to server, notifications, connections and clients. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { rounds } from '../harness/sample.ts'
import { root } from '../harness/server.ts'
import { runSchedule } from './schedule.ts'

const folder = mkdtempSync(join(tmpdir(), 'galley-recovery-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const perProcess = rounds({ sampled: 100, full: 1000 })

/** In processes of their own, side by side, since a run takes over the timers. */
test.concurrent.each([1, 1 + perProcess])(
  `nothing is lost, repeated or out of order without a reported gap (${perProcess} seeds from %i)`,
  async (from) => {
    const args = ['test/recovery/run.ts', '--seeds', String(perProcess), '--from', String(from)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root }).catch((error) => error)
    expect(stdout).toMatch(new RegExp(`^${perProcess} schedules from seed ${from}, .* 0 failures\n$`))
  },
)

test('the same seed gives the same run', async () => {
  for (const seed of [3, 14, 159]) expect(await runSchedule(seed, folder)).toEqual(await runSchedule(seed, folder))
})

test('another seed gives another run', async () => {
  expect((await runSchedule(1, folder)).trace).not.toEqual((await runSchedule(2, folder)).trace)
})
