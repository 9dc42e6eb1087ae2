/** The todo server on each of its HTTP engines: `node bench/http1-todos.ts [--help]`. Writes into bench/README.md. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { figure, markdownTable, median } from './figures.ts'
import { temporaryFolder } from './folder.ts'
import { chosen } from './http1/contenders.ts'
import { type Entrant, playRounds, type Score, type Turn, type Yield } from './http1/rounds.ts'
import { allPeers, type Peer } from './peers.ts'
import { machineText, writeReadme } from './report.ts'
import { stopAll, twoCores } from './server.ts'
import { works as allWorks, prepare, type Work } from './works.ts'
import { type Load, runWrk } from './wrk.ts'

/** By the work's name: how many times what the built-in engine does. */
const goals: Readonly<Record<string, number>> = { get: 1.4, create: 1.3 }
const works = allWorks.filter(({ name }) => name in goals)
const baseName = 'HTTP_ENGINE=node'
const help = `node bench/http1-todos.ts
  --rounds N         rounds; in each, both engines do every work [5]
  --seconds N        how long a work takes in a round [4]
  --warmup N         the same before the first round, not counted; 0 for none [2]
  --connections N    keep-alive connections [64]
  --todos N          how many todos there are at the start [100000]
  --works A,B        only these of: ${works.map(({ name }) => name).join(', ')}
  --dry              print the table and leave README.md alone, as a run with --works does
`
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    warmup: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    todos: { type: 'string', default: '100000' },
    works: { type: 'string' },
    dry: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)
const todos = Number(values.todos)
const { serverCore, clientCore } = twoCores()

interface Engine extends Entrant {
  loads: ReadonlyMap<Work, Load>
}

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  const parent = temporaryFolder()
  const chosenWorks = chosen(works, ({ name }) => name, values.works)
  const peers = allPeers().filter(({ name }) => name.startsWith('Galley'))
  if (peers.length < 2) console.log('This version has one HTTP engine: there is nothing to compare it with.')
  const entrants: Engine[] = []
  for (const peer of peers) entrants.push(await enter(peer, chosenWorks, parent))
  const warmupSeconds = Number(values.warmup)
  const score = await playRounds({
    entrants,
    works: chosenWorks,
    rounds,
    seconds,
    warmupSeconds,
    takes: () => true,
    play,
  })
  const text = [conditions(), table(score, entrants, chosenWorks), ...score.failures].join('\n\n')
  console.log(`\n${text}`)
  if (!values.dry && !values.works && peers.length > 1) writeReadme(text, 'node bench/http1-todos.ts')
  await stopAll()
}

async function enter(peer: Peer, chosenWorks: readonly Work[], parent: string): Promise<Engine> {
  console.log(`${peer.name}: starts with ${todos} todos`)
  const folder = join(parent, peer.name.replaceAll(/\W+/g, '-'))
  mkdirSync(folder)
  const filled = await peer.start({ folder, core: serverCore, todos })
  const { server } = filled
  const loads = new Map<Work, Load>()
  for (const work of chosenWorks) loads.set(work, await prepare(work, filled, folder))
  await server.quiet()
  server.pause()
  return { name: peer.name, server, loads }
}

async function play({ server, loads }: Engine, work: Work, duration: number): Promise<Yield> {
  const options = { origin: server.origin, connections, seconds: duration, core: clientCore }
  const { requests, requestsPerSecond, p50Ms, p99Ms } = await runWrk(loads.get(work) as Load, options)
  return { amount: requests, perSecond: requestsPerSecond, p50Ms, p99Ms }
}

function conditions(): string {
  const how = `Medians of ${rounds} rounds of ${seconds} s, ${connections} connections`
  return `${machineText(`SQLite ${process.versions.sqlite}`)} ${how}, ${figure(todos)} todos at the start.`
}

function table({ turns }: Score, entrants: readonly Engine[], chosenWorks: readonly Work[]): string {
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
  const turnsOf = (work: Work, isEngine: (name: string) => boolean) =>
    turns.filter((turn) => turn.work === work.name && isEngine(turn.entrant))
  const rows = chosenWorks.flatMap((work) => {
    const base = turnsOf(work, (name) => name.endsWith(baseName))
    return entrants.map(({ name }) =>
      row(
        work,
        name,
        turnsOf(work, (other) => other === name),
        base,
      ),
    )
  })
  return markdownTable([heads, ...rows])
}

function row(work: Work, name: string, turns: readonly Turn[], base: readonly Turn[]): string[] {
  const middle = (of: (turn: Turn) => number, from = turns) => median(from.map(of))
  const rate = ({ perCpuSecond }: Turn) => perCpuSecond
  const rates = turns.map(rate)
  return [
    work.title,
    name,
    figure(middle(rate)),
    `${figure(Math.min(...rates))}–${figure(Math.max(...rates))}`,
    figure(middle(rate) / middle(rate, base)),
    name.endsWith(baseName) ? '' : figure(goals[work.name] ?? Number.NaN),
    figure(middle(({ perSecond }) => perSecond)),
    figure(middle(({ p50Ms = Number.NaN }) => p50Ms)),
    figure(middle(({ p99Ms = Number.NaN }) => p99Ms)),
  ]
}
