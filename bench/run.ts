/** The peers side by side: `node bench/run.ts [--help]`. Writes its tables into bench/README.md. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BenchmarkCase, cases, prepare } from './cases.ts'
import { temporaryFolder } from './folder.ts'
import { allPeers, type Filled, installPeers, type Peer } from './peers.ts'
import { type Cell, readmeTables, writeReadme } from './report.ts'
import { stopAll, twoCores } from './server.ts'
import { type Load, runWrk } from './wrk.ts'

const help = `node bench/run.ts
  --rounds N         rounds; in each, every peer runs every case [5]
  --seconds N        how long a case takes in a round [4]
  --warmup N         the same before the first round, not counted; 0 for none [2]
  --connections N    keep-alive connections [64]
  --todos N          how many todos there are at the start [100000]
  --peers A,B        only peers with one of these words in their name
  --cases A,B        only these of: ${cases.map(({ name }) => name).join(', ')}
  --dry              print the tables and leave README.md alone
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    warmup: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    todos: { type: 'string', default: '100000' },
    peers: { type: 'string' },
    cases: { type: 'string' },
    dry: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const warmupSeconds = Number(values.warmup)
const connections = Number(values.connections)
const todos = Number(values.todos)
const { serverCore, clientCore } = twoCores()

interface RunningTarget {
  peer: Peer
  filled: Filled
  loads: ReadonlyMap<BenchmarkCase, Load>
}

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  installPeers()
  const folder = temporaryFolder()
  const targets: RunningTarget[] = []
  const chosenCases = cases.filter(({ name }) => !values.cases || values.cases.split(',').includes(name))
  for (const peer of chosenPeers()) targets.push(await start(peer, chosenCases, folder))
  const cells = await measure(targets, chosenCases)
  const text = readmeTables({
    cells,
    cases: chosenCases,
    peers: targets.map(({ peer }) => peer),
    conditions: { rounds, seconds, connections, todos },
  })
  console.log(text)
  if (!values.dry) writeReadme(text)
  await stopAll()
}

function chosenPeers(): Peer[] {
  const words = values.peers?.toLowerCase().split(',')
  return allPeers().filter(({ name }) => !words || words.some((word) => name.toLowerCase().includes(word)))
}

/** Starts and fills a peer, then pauses it, so that it costs the others no CPU. */
async function start(peer: Peer, chosenCases: readonly BenchmarkCase[], parent: string): Promise<RunningTarget> {
  console.log(`${peer.name}: starts with ${todos} todos`)
  const folder = join(parent, peer.name.replaceAll(/\W+/g, '-'))
  mkdirSync(folder)
  const filled = await peer.start({ folder, core: serverCore, todos })
  const loads = new Map<BenchmarkCase, Load>()
  for (const benchmark of chosenCases) loads.set(benchmark, await prepare(benchmark, filled, folder))
  await filled.server.quiet()
  filled.server.pause()
  return { peer, filled, loads }
}

async function measure(targets: readonly RunningTarget[], chosenCases: readonly BenchmarkCase[]): Promise<Cell[]> {
  const cells: Cell[] = []
  for (let round = warmupSeconds > 0 ? 0 : 1; round <= rounds; round++) {
    for (const benchmark of chosenCases) {
      for (const target of targets) {
        const cell = await measureOne(target, benchmark, round === 0 ? warmupSeconds : seconds)
        console.log(`${round === 0 ? 'warm-up' : `round ${round}`}  ${benchmark.name}  ${describe(cell)}`)
        if (round > 0) cells.push(cell)
      }
    }
  }
  return cells
}

async function measureOne(
  { peer, filled, loads }: RunningTarget,
  benchmark: BenchmarkCase,
  duration: number,
): Promise<Cell> {
  const { server } = filled
  server.resume()
  const before = server.cpuSeconds()
  const load = loads.get(benchmark) as Load
  const result = await runWrk(load, {
    origin: server.origin,
    connections,
    seconds: duration,
    core: clientCore,
  }).catch((error: Error) => {
    throw new Error(`${peer.name}, ${benchmark.name}: ${error.message}`)
  })
  const cpuSeconds = server.cpuSeconds() - before
  await server.quiet()
  server.pause()
  return { peer: peer.name, benchmark: benchmark.name, ...result, requestsPerCpuSecond: result.requests / cpuSeconds }
}

function describe({ peer, requestsPerCpuSecond, requestsPerSecond, p50Ms, p99Ms }: Cell): string {
  const rate = `${Math.round(requestsPerCpuSecond)}/s of CPU, ${Math.round(requestsPerSecond)}/s`
  return `${peer}: ${rate}, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`
}
