/** Live data side by side with others: `node bench/live.ts [--help]`. Writes its tables into bench/README.md. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { markdownTable } from './figures.ts'
import { temporaryFolder } from './folder.ts'
import { brief } from './http1/rounds.ts'
import type { BenchmarkCase, Conditions, Findings } from './live/benchmark-case.ts'
import { cases } from './live/cases.ts'
import { natsServer } from './live/servers.ts'
import { writeReadme } from './report.ts'
import { root, twoCores } from './server.ts'

const help = `node bench/live.ts [CASE ...]    some of: ${cases.map(({ name }) => name).join(', ')}
  --rounds N          rounds; in each, every target is measured once [3]
  --seconds N         how long one measurement takes [1.5]
  --idle-seconds N    how long idle sockets are watched [60]
  --dry               print the tables and leave README.md alone, as a run of some cases does

All of it takes less than eight minutes. NATS_SERVER names the program of NATS 2.10 or later where \`nats-server\` is older.
`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.5' },
    'idle-seconds': { type: 'string', default: '60' },
    dry: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { serverCore, clientCore } = twoCores()
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const runner = fileURLToPath(new URL('live/run-case.ts', import.meta.url))

/** A case with its findings, or with its error message. */
type Outcome = readonly [BenchmarkCase, Findings | string]

if (values.help) process.stdout.write(help)
else await main()

async function main(): Promise<void> {
  const unknown = positionals.find((name) => !cases.some((benchmark) => benchmark.name === name))
  if (unknown !== undefined) throw new Error(`There is no ${unknown}.\n${help}`)
  const wanted = cases.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const parent = temporaryFolder()
  const outcomes: Outcome[] = []
  for (const benchmark of wanted) {
    console.log(`\n${benchmark.title}`)
    outcomes.push([benchmark, await run(benchmark, join(parent, benchmark.name))])
  }
  const text = tables(outcomes)
  console.log(`\n${text}`)
  if (!values.dry && positionals.length === 0) writeReadme(text, 'node bench/live.ts')
}

async function run({ name }: BenchmarkCase, folder: string): Promise<Findings | string> {
  mkdirSync(folder)
  const conditions: Conditions = { folder, serverCore, rounds, seconds, idleSeconds: Number(values['idle-seconds']) }
  const program = [process.execPath, runner, name, JSON.stringify(conditions)]
  const child = spawn('taskset', ['-c', String(clientCore), ...program], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
  let findings: Findings | null = null
  let errors = ''
  child.on('message', (message) => {
    findings = message as Findings
  })
  child.stderr?.on('data', (part: Buffer) => {
    errors += part
    process.stderr.write(part)
  })
  await once(child, 'close')
  return findings ?? brief(errors.slice(Math.max(0, errors.search(/^\w*Error: /m))))
}

function tables(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(([{ title }, findings]) =>
    typeof findings === 'string'
      ? [[title, 'failed', '–', '–', 'no']]
      : findings.goals.map(({ what, goal, reached, isReached }) => [
          title,
          what,
          goal,
          reached,
          isReached ? 'yes' : 'no',
        ]),
  )
  const parts = outcomes.map(
    ([{ title }, findings]) =>
      `### ${title}\n\n${typeof findings === 'string' ? `It failed: ${findings}` : findings.text}`,
  )
  const goals = markdownTable([['', '', 'goal', 'reached', ''], ...rows]).replace('| --- | ---: |', '| --- | --- |')
  return [conditionsText(), `### Goals\n\n${goals}`, ...parts].join('\n\n')
}

function conditionsText(): string {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'an unknown CPU'}`
  const versions = [`Node ${process.versions.node}`, `ws ${versionIn('node_modules/ws')}`]
  const peers = [`Socket.IO ${versionIn('bench/peers/node_modules/socket.io')}`, natsVersion()]
  const how = `Medians of ${rounds} rounds of ${seconds} s; servers on one core, the load on another.`
  return `${[date, machine, ...versions, ...peers].join(', ')}. ${how}`
}

function versionIn(folder: string): string {
  try {
    return (JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { version: string }).version
  } catch {
    return '(not there)'
  }
}

function natsVersion(): string {
  try {
    return execFileSync(natsServer, ['--version'], { encoding: 'utf8' }).trim().replace('nats-server: v', 'NATS ')
  } catch {
    return 'no NATS'
  }
}
