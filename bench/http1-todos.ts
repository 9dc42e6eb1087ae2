/** The todo server on each of its HTTP engines: `node bench/http1-todos.ts [--help]`. Writes into bench/README.md. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cases as allCases, type BenchmarkCase, prepare } from './cases.ts'
import { figure, markdownTable, median } from './figures.ts'
import { temporaryFolder } from './folder.ts'
import { type Measurement, type RoundsResult, type RunningTarget, runRounds, type Sample } from './http1/rounds.ts'
import { chosen } from './http1/targets.ts'
import { allPeers, type Peer } from './peers.ts'
import { machineText, writeReadme } from './report.ts'
import { stopAll, twoCores } from './server.ts'
import { type Load, runWrk } from './wrk.ts'

/** Goals by case, as multiples of the built-in engine's rate. */
const goals: Readonly<Record<string, number>> = { get: 1.4, create: 1.3 }
const cases = allCases.filter(({ name }) => name in goals)
const baseName = 'HTTP_ENGINE=node'
const help = `node bench/http1-todos.ts
  --rounds N         rounds; in each, both engines run every case [5]
  --seconds N        how long a case takes in a round [4]
  --warmup N         the same before the first round, not counted; 0 for none [2]
  --connections N    keep-alive connections [64]
  --todos N          how many todos there are at the start [100000]
  --cases A,B        only these of: ${cases.map(({ name }) => name).join(', ')}
  --dry              print the table and leave README.md alone, as a run with --cases does
`
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    warmup: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    todos: { type: 'string', default: '100000' },
    cases: { type: 'string' },
    dry: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)
const todos = Number(values.todos)
const { serverCore, clientCore } = twoCores()

interface Engine extends RunningTarget {
  loads: ReadonlyMap<BenchmarkCase, Load>
}

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  const parent = temporaryFolder()
  const chosenCases = chosen(cases, ({ name }) => name, values.cases)
  const peers = allPeers().filter(({ name }) => name.startsWith('Galley'))
  if (peers.length < 2) console.log('This version has one HTTP engine: there is nothing to compare it with.')
  const targets: Engine[] = []
  for (const peer of peers) targets.push(await start(peer, chosenCases, parent))
  const warmupSeconds = Number(values.warmup)
  const result = await runRounds({
    targets,
    cases: chosenCases,
    rounds,
    seconds,
    warmupSeconds,
    takes: () => true,
    run,
  })
  const text = [conditions(), table(result, targets, chosenCases), ...result.failures].join('\n\n')
  console.log(`\n${text}`)
  if (!values.dry && !values.cases && peers.length > 1) writeReadme(text, 'node bench/http1-todos.ts')
  await stopAll()
}

async function start(peer: Peer, chosenCases: readonly BenchmarkCase[], parent: string): Promise<Engine> {
  console.log(`${peer.name}: starts with ${todos} todos`)
  const folder = join(parent, peer.name.replaceAll(/\W+/g, '-'))
  mkdirSync(folder)
  const filled = await peer.start({ folder, core: serverCore, todos })
  const { server } = filled
  const loads = new Map<BenchmarkCase, Load>()
  for (const benchmark of chosenCases) loads.set(benchmark, await prepare(benchmark, filled, folder))
  await server.quiet()
  server.pause()
  return { name: peer.name, server, loads }
}

async function run({ server, loads }: Engine, benchmark: BenchmarkCase, duration: number): Promise<Measurement> {
  const options = { origin: server.origin, connections, seconds: duration, core: clientCore }
  const { requests, requestsPerSecond, p50Ms, p99Ms } = await runWrk(loads.get(benchmark) as Load, options)
  return { amount: requests, perSecond: requestsPerSecond, p50Ms, p99Ms }
}

function conditions(): string {
  const how = `Medians of ${rounds} rounds of ${seconds} s, ${connections} connections`
  return `${machineText(`SQLite ${process.versions.sqlite}`)} ${how}, ${figure(todos)} todos at the start.`
}

function table({ samples }: RoundsResult, targets: readonly Engine[], chosenCases: readonly BenchmarkCase[]): string {
  const heads = [
    '',
    '',
    'per second of CPU',
    'lowest–highest',
    `of ${baseName}`,
    'goal',
    'per second',
    'p50 ms',
    'p99 ms',
  ]
  const samplesOf = (benchmark: BenchmarkCase, isEngine: (name: string) => boolean) =>
    samples.filter((sample) => sample.benchmark === benchmark.name && isEngine(sample.target))
  const rows = chosenCases.flatMap((benchmark) => {
    const base = samplesOf(benchmark, (name) => name.endsWith(baseName))
    return targets.map(({ name }) =>
      row(
        benchmark,
        name,
        samplesOf(benchmark, (other) => other === name),
        base,
      ),
    )
  })
  return markdownTable([heads, ...rows])
}

function row(benchmark: BenchmarkCase, name: string, samples: readonly Sample[], base: readonly Sample[]): string[] {
  const middle = (of: (sample: Sample) => number, from = samples) => median(from.map(of))
  const rate = ({ perCpuSecond }: Sample) => perCpuSecond
  const rates = samples.map(rate)
  return [
    benchmark.title,
    name,
    figure(middle(rate)),
    `${figure(Math.min(...rates))}–${figure(Math.max(...rates))}`,
    figure(middle(rate) / middle(rate, base)),
    name.endsWith(baseName) ? '' : figure(goals[benchmark.name] ?? Number.NaN),
    figure(middle(({ perSecond }) => perSecond)),
    figure(middle(({ p50Ms = Number.NaN }) => p50Ms)),
    figure(middle(({ p99Ms = Number.NaN }) => p99Ms)),
  ]
}
