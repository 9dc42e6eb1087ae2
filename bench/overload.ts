/**
 * Overload: `node bench/overload.ts`. It has one core and the client another; requests
 * cost a millisecond of CPU each. Latencies count from when a request was due.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { markdownTable } from './figures.ts'
import { temporaryFolder } from './folder.ts'
import { type Goal, measureOverload } from './overload/overload-case.ts'
import { measureSignInFlood } from './overload/sign-in.ts'
import { stopAll, twoCores } from './server.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    engine: { type: 'string', default: 'galley,node' },
    skip: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log('node bench/overload.ts [--seconds 15] [--engine galley,node] [--skip overload,sign-in]')
  process.exit(0)
}

const { serverCore: core, clientCore } = twoCores()
const folder = temporaryFolder()
const skipped = values.skip.split(',')
stayOn(clientCore)

try {
  for (const engine of ['galley', 'node'] as const) {
    if (skipped.includes('overload') || !values.engine.split(',').includes(engine)) continue
    show(
      `HTTP_ENGINE=${engine}`,
      await measureOverload({ folder: join(folder, engine), core, engine, seconds: Number(values.seconds) }),
    )
  }
  if (!skipped.includes('sign-in')) {
    const goals = await measureSignInFlood({ folder: join(folder, 'sign-in'), core })
    if (goals === null) console.log('\nSign-in: this server has no POST /api/auth/sign-in; nothing is measured.')
    else show('Sign-in', goals)
  }
} finally {
  await stopAll()
}

function show(title: string, goals: readonly Goal[]): void {
  const rows = goals.map(({ what, goal, reached, isReached }) => [what, goal, reached, isReached ? 'yes' : 'no'])
  console.log(`\n${title}\n\n${markdownTable([['', 'goal', 'reached', 'is it'], ...rows])}`)
}

/** A thread that ends at the wrong moment makes it fail, so it is tried again. */
function stayOn(cpu: number, tries = 5): void {
  const { status } = spawnSync('taskset', ['-acp', String(cpu), String(process.pid)], { stdio: 'ignore' })
  if (status === 0) return
  if (tries <= 1) throw new Error('taskset does not pin this process.')
  stayOn(cpu, tries - 1)
}
