/** The tables of `bench/http1.ts` in Markdown. */
import { figure, markdownTable, median } from '../figures.ts'
import { machineText } from '../report.ts'
import type { Contender } from './contenders.ts'
import type { Score, Turn } from './rounds.ts'
import type { Work } from './works.ts'

export interface Results extends Score {
  works: readonly Work[]
  contenders: readonly Contender[]
  conditions: { rounds: number; seconds: number; connections: number }
}

interface Goal {
  work: string
  against: string
  ratio: number
}

/** What the same app shall reach on Galley, by requests per second of CPU; `against` is a contender's key. */
const goals: readonly Goal[] = [
  { work: 'get', against: 'node', ratio: 1.6 },
  { work: 'get', against: 'hono-node', ratio: 1.8 },
  { work: 'post', against: 'node', ratio: 1.9 },
  { work: 'browser', against: 'node', ratio: 1.9 },
  { work: 'pipelined', against: 'node', ratio: 4.5 },
  ...['get', 'post', 'browser', 'pipelined'].flatMap((work) =>
    ['deno', 'bun'].map((against) => ({ work, against, ratio: 1 })),
  ),
  ...['stream', 'sink', 'sink-chunked'].map((work) => ({ work, against: 'node', ratio: 1 })),
]
const goalsOf = 'galley'
const bases = ['node', 'hono-node'] as const

export function tables(results: Results): string {
  const { works, failures } = results
  const reached = goalTable(results)
  return [
    conditionsText(results),
    ...(reached === null ? [] : [`### Goals\n\n${reached}`]),
    ...works.map((work) => `### ${work.title}\n\n${workTable(results, work)}`),
    ...(failures.length > 0 ? [`### What failed\n\n${failures.map((text) => `- ${text}`).join('\n')}`] : []),
    `### Who is measured\n\n${contenderTable(results)}`,
  ].join('\n\n')
}

function conditionsText({ conditions: { rounds, seconds, connections } }: Results): string {
  return `${machineText()} Medians of ${rounds} rounds of ${seconds} s, ${connections} connections, an upload alone.`
}

function turnsOf({ turns, contenders }: Results, key: string, work: Work): Turn[] {
  const name = contenders.find((contender) => contender.key === key)?.name
  return turns.filter((turn) => turn.entrant === name && turn.work === work.name)
}

function rate(results: Results, key: string, work: Work): number {
  return median(turnsOf(results, key, work).map(({ perCpuSecond }) => perCpuSecond))
}

/** Null when none of the goals was measured. */
function goalTable(results: Results): string | null {
  const rows = goals.flatMap((goal) => goalRow(results, goal))
  return rows.length === 0 ? null : markdownTable([['', 'against', 'goal', 'reached', ''], ...rows])
}

function goalRow(results: Results, { work: name, against, ratio }: Goal): string[][] {
  const work = results.works.find((one) => one.name === name)
  const peer = results.contenders.find(({ key }) => key === against)
  if (!work || !peer) return []
  const reached = rate(results, goalsOf, work) / rate(results, against, work)
  if (Number.isNaN(reached)) return []
  return [[work.title, peer.name, figure(ratio), figure(reached), reached >= ratio ? 'yes' : 'no']]
}

function workTable(results: Results, work: Work): string {
  const unit = work.unit === 'MiB' ? 'MiB ' : ''
  const head = ['', `${unit}per second of CPU`, 'lowest–highest', 'of node:http', 'of @hono/node-server']
  const rows = results.contenders.flatMap((contender) => workRow(results, work, contender))
  return markdownTable([[...head, `${unit}per second`, 'p50 ms', 'p99 ms', 'RSS MiB, start–peak'], ...rows])
}

function workRow(results: Results, work: Work, { key, name }: Contender): string[][] {
  const turns = turnsOf(results, key, work)
  if (turns.length === 0) return []
  const rates = turns.map(({ perCpuSecond }) => perCpuSecond)
  const ratios = bases.map((base) => figure(median(rates) / rate(results, base, work)))
  const middle = (of: (turn: Turn) => number) => figure(median(turns.map(of)))
  return [
    [
      name,
      figure(median(rates)),
      `${figure(Math.min(...rates))}–${figure(Math.max(...rates))}`,
      ...ratios,
      middle(({ perSecond }) => perSecond),
      middle(({ p50Ms = Number.NaN }) => p50Ms),
      middle(({ p99Ms = Number.NaN }) => p99Ms),
      memory(turns),
    ],
  ]
}

/** The least that it began with and the most that it ever had. */
function memory(turns: readonly Turn[]): string {
  const least = Math.min(...turns.map(({ rssMiB }) => rssMiB))
  const most = Math.max(...turns.map(({ peakMiB }) => peakMiB))
  return `${Math.round(least)}–${Math.round(most)}`
}

function contenderTable({ contenders }: Results): string {
  const rows = contenders.map(({ name, version, note }) => [name, version(), note])
  return markdownTable([['', 'version', 'know'], ...rows]).replaceAll('---:', '---')
}
