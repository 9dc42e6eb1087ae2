/** The peers side by side: `node bench/run.ts [--help]`. Writes its tables into bench/README.md. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { temporaryFolder } from './folder.ts'
import { allPeers, type Filled, installPeers, type Peer } from './peers.ts'
import { type Cell, readmeTables, writeReadme } from './report.ts'
import { stopAll, twoCores } from './server.ts'
import { prepare, type Work, works } from './works.ts'
import { type Load, runWrk } from './wrk.ts'

const help = `node bench/run.ts
  --rounds N         rounds; in each, every peer does every work [5]
  --seconds N        how long a work takes in a round [4]
  --warmup N         the same before the first round, not counted; 0 for none [2]
  --connections N    keep-alive connections [64]
  --todos N          how many todos there are at the start [100000]
  --peers A,B        only peers with one of these words in their name
  --works A,B        only these of: ${works.map(({ name }) => name).join(', ')}
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
    works: { type: 'string' },
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

interface Contender {
  peer: Peer
  filled: Filled
  loads: ReadonlyMap<Work, Load>
}

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  installPeers()
  const folder = temporaryFolder()
  const contenders: Contender[] = []
  const chosenWorks = works.filter(({ name }) => !values.works || values.works.split(',').includes(name))
  for (const peer of chosenPeers()) contenders.push(await enter(peer, chosenWorks, folder))
  const cells = await measure(contenders, chosenWorks)
  const text = readmeTables({
    cells,
    works: chosenWorks,
    peers: contenders.map(({ peer }) => peer),
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

/** Starts a peer, fills it, and lets it rest until its turn: stopped, it can't cost the others a cycle. */
async function enter(peer: Peer, chosenWorks: readonly Work[], parent: string): Promise<Contender> {
  console.log(`${peer.name}: starts with ${todos} todos`)
  const folder = join(parent, peer.name.replaceAll(/\W+/g, '-'))
  mkdirSync(folder)
  const filled = await peer.start({ folder, core: serverCore, todos })
  const loads = new Map<Work, Load>()
  for (const work of chosenWorks) loads.set(work, await prepare(work, filled, folder))
  await filled.server.quiet()
  filled.server.pause()
  return { peer, filled, loads }
}

async function measure(contenders: readonly Contender[], chosenWorks: readonly Work[]): Promise<Cell[]> {
  const cells: Cell[] = []
  for (let round = warmupSeconds > 0 ? 0 : 1; round <= rounds; round++) {
    for (const work of chosenWorks) {
      for (const contender of contenders) {
        const cell = await measureOne(contender, work, round === 0 ? warmupSeconds : seconds)
        console.log(`${round === 0 ? 'warm-up' : `round ${round}`}  ${work.name}  ${describe(cell)}`)
        if (round > 0) cells.push(cell)
      }
    }
  }
  return cells
}

async function measureOne({ peer, filled, loads }: Contender, work: Work, duration: number): Promise<Cell> {
  const { server } = filled
  server.resume()
  const before = server.cpuSeconds()
  const load = loads.get(work) as Load
  const result = await runWrk(load, {
    origin: server.origin,
    connections,
    seconds: duration,
    core: clientCore,
  }).catch((error: Error) => {
    throw new Error(`${peer.name}, ${work.name}: ${error.message}`)
  })
  const cpuSeconds = server.cpuSeconds() - before
  await server.quiet()
  server.pause()
  return { peer: peer.name, work: work.name, ...result, requestsPerCpuSecond: result.requests / cpuSeconds }
}

function describe({ peer, requestsPerCpuSecond, requestsPerSecond, p50Ms, p99Ms }: Cell): string {
  const rate = `${Math.round(requestsPerCpuSecond)}/s of CPU, ${Math.round(requestsPerSecond)}/s`
  return `${peer}: ${rate}, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`
}
