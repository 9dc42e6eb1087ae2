/** Jobs a second, enqueued in writes and run: `node bench/jobs.ts [--jobs N] [--rounds N]`. Prints a line for each round. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDataDirectory } from '../adapters/sqlite/data-directory.ts'
import { createApp } from '../src/app.ts'
import { job } from '../src/jobs/job.ts'
import { createMetrics } from '../src/ports/metrics.ts'
import { createLocalNotifier } from '../src/ports/notifier.ts'
import { temporaryFolder } from './folder.ts'

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '20000' }, rounds: { type: 'string', default: '5' } },
})
const count = Number(values.jobs)

for (let round = 0; round < Number(values.rounds); round += 1) {
  let runs = 0
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const empty = job('empty', {}, () => {
    runs += 1
    if (runs === count) resolve()
  })
  const database = openDataDirectory(join(temporaryFolder(), String(round)), { metrics: createMetrics() })
  const app = createApp(
    {
      database,
      notifier: createLocalNotifier(),
      assets: { open: async () => null },
      settings: { corsOrigins: [], hosts: null, trustedProxies: [], metricsToken: '', isRateLimited: false },
      now: Date.now,
      random: (bytes) => crypto.getRandomValues(bytes),
      log: { access() {}, note() {}, problem: ({ error }) => console.error(error) },
      metrics: createMetrics(),
      ownsDatabase: true,
    },
    { jobs: [empty] },
  )
  await app.start()
  const startMs = performance.now()
  const cpu = process.cpuUsage()
  await Promise.all(Array.from({ length: count }, () => app.enqueue(empty)))
  await done
  await app.stop()
  const seconds = (performance.now() - startMs) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const cpuSeconds = (user + system) / 1_000_000
  console.log(
    `${count} jobs in ${seconds.toFixed(2)} s: ${Math.round(count / seconds)} a second, ${Math.round(count / cpuSeconds)} a second of processor time`,
  )
  await database.close()
}
