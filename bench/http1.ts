/** HTTP/1.1 servers side by side: `node bench/http1.ts [--help]`. Writes its tables into bench/README.md. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { temporaryFolder } from './folder.ts'
import { type BenchmarkCase, cases, type RunOptions } from './http1/cases.ts'
import { brief, type RunningTarget, runRounds } from './http1/rounds.ts'
import { tables } from './http1/tables.ts'
import { chosen, type Target, targets } from './http1/targets.ts'
import { writeReadme } from './report.ts'
import { stopAll, twoCores } from './server.ts'

const help = `node bench/http1.ts
  --rounds N         rounds; in each, every target runs every case [5]
  --seconds N        how long a case takes in a round; uploads take as long as they need [2]
  --warmup N         the same before the first round, not counted; 0 for none [1]
  --connections N    keep-alive connections [64]
  --peers A,B        only these of: ${targets.map(({ key }) => key).join(', ')}
  --cases A,B        only these of: ${cases.map(({ name }) => name).join(', ')}
  --dry              print the tables and leave README.md alone, as a run with --peers or --cases does

All of it takes nine minutes. The ratios are of node and hono-node, so name them, too. A look of twenty seconds:
  node bench/http1.ts --peers node,galley --cases get,post --rounds 2 --seconds 1
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    warmup: { type: 'string', default: '1' },
    connections: { type: 'string', default: '64' },
    peers: { type: 'string' },
    cases: { type: 'string' },
    dry: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)
const isPart = values.peers !== undefined || values.cases !== undefined
const { serverCore, clientCore } = twoCores()

interface Ready extends RunningTarget {
  target: Target
  folder: string
  cases: ReadonlySet<BenchmarkCase>
}

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  const chosenTargets = chosen(targets, ({ key }) => key, values.peers)
  const chosenCases = chosen(cases, ({ name }) => name, values.cases)
  const parent = temporaryFolder()
  const notes: string[] = []
  const runningTargets: Ready[] = []
  for (const target of chosenTargets) {
    const ready = await start(target, chosenCases, join(parent, target.key), notes)
    if (ready) runningTargets.push(ready)
  }
  const result = await runRounds({
    targets: runningTargets,
    cases: chosenCases,
    rounds,
    seconds,
    warmupSeconds: Number(values.warmup),
    takes: (target, benchmark) => target.cases.has(benchmark),
    run: (target, benchmark, duration) => benchmark.run(runOptionsOf(target, duration)),
  })
  const text = tables({
    samples: result.samples,
    failures: [...notes, ...result.failures],
    cases: chosenCases,
    targets: runningTargets.map(({ target }) => target),
    conditions: { rounds, seconds, connections },
  })
  console.log(`\n${text}`)
  if (!values.dry && !isPart) writeReadme(text, 'node bench/http1.ts')
  await stopAll()
}

/** Starts a target, checks each case once, and pauses it. Returns null, with a note, when it can't start. */
async function start(
  target: Target,
  chosenCases: readonly BenchmarkCase[],
  folder: string,
  notes: string[],
): Promise<Ready | null> {
  mkdirSync(folder)
  try {
    const server = await target.start({ folder, core: serverCore })
    const ready = { name: target.name, target, server, folder, cases: new Set<BenchmarkCase>() }
    for (const benchmark of chosenCases) {
      if (target.cases && !target.cases.includes(benchmark.name)) continue
      if (await isRight(benchmark, ready, notes)) ready.cases.add(benchmark)
    }
    await server.quiet()
    server.pause()
    console.log(`${target.name} (${target.version()}): ready for ${ready.cases.size} cases`)
    return ready
  } catch (error) {
    note(notes, `${target.name} is left out`, error)
    return null
  }
}

async function isRight(benchmark: BenchmarkCase, ready: Omit<Ready, 'cases'>, notes: string[]): Promise<boolean> {
  try {
    await benchmark.check(runOptionsOf(ready, seconds))
    return true
  } catch (error) {
    note(notes, `${ready.name}, ${benchmark.name}: the response is not right`, error)
    return false
  }
}

function note(notes: string[], what: string, error: unknown): void {
  const { message } = error as Error
  console.log(`${what}: ${message}`)
  notes.push(`${what}: ${brief(message)}`)
}

function runOptionsOf({ server, folder }: Pick<Ready, 'server' | 'folder'>, duration: number): RunOptions {
  return { server, folder, connections, seconds: duration, core: clientCore }
}
