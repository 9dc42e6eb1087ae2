/** Mixed, broken and aborted traffic for as long as you like: `npm run soak -- [--help]`. Ends with 1 when it finds something. */
import { parseArgs } from 'node:util'
import type { ClientOrder, Finding, PhaseResult } from './commands.ts'
import { findingsText, growth, kindOf, type Phase, phaseLine, table, totals } from './report.ts'
import { SoakedServer } from './soaked-server.ts'
import { type Runtime, Worker } from './worker.ts'

const help = `npm run soak --
  --minutes N      how long [30]
  --seed N         the same seed makes the same choices [the time]
  --runtime NAME   of the server, node or deno [node]
  --clients N      processes [2]
  --users N        in each of them [24]
  --only A,B       kinds of traffic, by the names of the table of a run [all]
`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    runtime: { type: 'string', default: 'node' },
    clients: { type: 'string', default: '2' },
    users: { type: 'string', default: '24' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})
/** Enough to judge growth by, however short the run. */
const phasesMin = 6
const seed = Number(values.seed)
const users = Number(values.users)
const only = values.only === '' ? [] : values.only.split(',')
const minutes = Number(values.minutes)
const phases = Math.max(phasesMin, Math.round(minutes))
const seconds = (minutes * 60) / phases
let phase = 0
const findings: Finding[] = []
const reported = new Set<string>()

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  console.log(`soak: ${phases} phases of ${Math.round(seconds)} s on ${values.runtime}, --seed ${seed}`)
  const server = await SoakedServer.start(values.runtime as Runtime, (what) => find('server', what))
  const clients = Array.from({ length: Number(values.clients) }, (_, index) => startClient(index))
  const done: Phase[] = []
  try {
    await Promise.all(clients.map((client) => client.ready()))
    while (phase < phases) {
      phase += 1
      done.push(await play(server, clients))
    }
    if (!(await server.close())) find('server', 'close() waits without connections')
  } catch (error) {
    find('run', String(error))
  }
  await Promise.all([...clients, server].map((each) => each.end()))
  conclude(done)
}

function startClient(index: number): Worker {
  return new Worker('node', 'client.ts', [String(index)], (what) => find(`client ${index}`, what))
}

async function play(server: SoakedServer, clients: readonly Worker[]): Promise<Phase> {
  const before = findings.length
  const order: Omit<ClientOrder, 'id'> = { do: 'phase', phase, seed, users, seconds, ports: server.ports, only }
  const results = await Promise.all(clients.map((client) => client.ask<PhaseResult>(order)))
  for (const { findings: found } of results) findings.push(...found)
  const quiet = await server.quiet()
  for (const leak of quiet.leaks) find('leak', leak)
  const result: Phase = { ...sum(results), phase, quiet, findings: findings.slice(before) }
  console.log(phaseLine(result, phases))
  tellNew(result.findings)
  return result
}

/** Each kind of finding once, at once: a run is long. */
function tellNew(found: readonly Finding[]): void {
  for (const finding of found) {
    const kind = kindOf(finding)
    if (!reported.has(kind)) console.log(`  ${finding.where}: ${finding.what}`)
    reported.add(kind)
  }
}

function find(where: string, what: string): void {
  findings.push({ phase, seed, where, what })
}

function sum(results: readonly PhaseResult[]): Omit<PhaseResult, 'findings'> {
  const counts = (kind: 'played' | 'noted') => {
    const sums: Record<string, number> = {}
    for (const result of results) {
      for (const [name, count] of Object.entries(result[kind])) sums[name] = (sums[name] ?? 0) + count
    }
    return sums
  }
  const total = (kind: 'asked' | 'answered') => results.reduce((whole, result) => whole + result[kind], 0)
  return { asked: total('asked'), answered: total('answered'), played: counts('played'), noted: counts('noted') }
}

function conclude(done: readonly Phase[]): void {
  const { line, findings: grown } = growth(done)
  for (const what of grown) find('growth', what)
  console.log(`\n${table(done)}\n\n${totals(done)}\n${line}\n`)
  if (findings.length > 0) console.log(findingsText(findings))
  console.log(findings.length === 0 ? 'soak: ok' : `soak: ${findings.length} findings`)
  process.exitCode = findings.length === 0 ? 0 : 1
}
