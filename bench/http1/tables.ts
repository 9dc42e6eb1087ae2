/** The tables of `bench/http1.ts` in Markdown. */
import { figure, markdownTable, median } from '../figures.ts'
import { machineText } from '../report.ts'
import type { BenchmarkCase } from './cases.ts'
import type { RoundsResult, Sample } from './rounds.ts'
import type { Target } from './targets.ts'

export interface Results extends RoundsResult {
  cases: readonly BenchmarkCase[]
  targets: readonly Target[]
  conditions: { rounds: number; seconds: number; connections: number }
}

interface Goal {
  benchmark: string
  against: string
  ratio: number
}

/** Goals for the same app on Galley, in requests per second of CPU; `against` is the key of a target. */
const goals: readonly Goal[] = [
  { benchmark: 'get', against: 'node', ratio: 1.6 },
  { benchmark: 'get', against: 'hono-node', ratio: 1.8 },
  { benchmark: 'post', against: 'node', ratio: 1.9 },
  { benchmark: 'browser', against: 'node', ratio: 1.9 },
  { benchmark: 'pipelined', against: 'node', ratio: 4.5 },
  ...['get', 'post', 'browser', 'pipelined'].flatMap((benchmark) =>
    ['deno', 'bun'].map((against) => ({ benchmark, against, ratio: 1 })),
  ),
  ...['stream', 'sink', 'sink-chunked'].map((benchmark) => ({ benchmark, against: 'node', ratio: 1 })),
]
const goalsOf = 'galley'
const bases = ['node', 'hono-node'] as const

export function tables(results: Results): string {
  const { cases, failures } = results
  const reached = goalTable(results)
  return [
    conditionsText(results),
    ...(reached === null ? [] : [`### Goals\n\n${reached}`]),
    ...cases.map((benchmark) => `### ${benchmark.title}\n\n${caseTable(results, benchmark)}`),
    ...(failures.length > 0 ? [`### Failures\n\n${failures.map((text) => `- ${text}`).join('\n')}`] : []),
    `### The targets\n\n${targetTable(results)}`,
  ].join('\n\n')
}

function conditionsText({ conditions: { rounds, seconds, connections } }: Results): string {
  return `${machineText()} Medians of ${rounds} rounds of ${seconds} s, ${connections} connections, an upload alone.`
}

function samplesOf({ samples, targets }: Results, key: string, benchmark: BenchmarkCase): Sample[] {
  const name = targets.find((target) => target.key === key)?.name
  return samples.filter((sample) => sample.target === name && sample.benchmark === benchmark.name)
}

function rate(results: Results, key: string, benchmark: BenchmarkCase): number {
  return median(samplesOf(results, key, benchmark).map(({ perCpuSecond }) => perCpuSecond))
}

/** Null when none of the goals was measured. */
function goalTable(results: Results): string | null {
  const rows = goals.flatMap((goal) => goalRow(results, goal))
  return rows.length === 0 ? null : markdownTable([['', 'against', 'goal', 'reached', ''], ...rows])
}

function goalRow(results: Results, { benchmark: name, against, ratio }: Goal): string[][] {
  const benchmark = results.cases.find((one) => one.name === name)
  const peer = results.targets.find(({ key }) => key === against)
  if (!benchmark || !peer) return []
  const reached = rate(results, goalsOf, benchmark) / rate(results, against, benchmark)
  if (Number.isNaN(reached)) return []
  return [[benchmark.title, peer.name, figure(ratio), figure(reached), reached >= ratio ? 'yes' : 'no']]
}

function caseTable(results: Results, benchmark: BenchmarkCase): string {
  const unit = benchmark.unit === 'MiB' ? 'MiB ' : ''
  const head = ['', `${unit}per second of CPU`, 'lowest–highest', 'of node:http', 'of @hono/node-server']
  const rows = results.targets.flatMap((target) => caseRow(results, benchmark, target))
  return markdownTable([[...head, `${unit}per second`, 'p50 ms', 'p99 ms', 'RSS MiB, start–peak'], ...rows])
}

function caseRow(results: Results, benchmark: BenchmarkCase, { key, name }: Target): string[][] {
  const samples = samplesOf(results, key, benchmark)
  if (samples.length === 0) return []
  const rates = samples.map(({ perCpuSecond }) => perCpuSecond)
  const ratios = bases.map((base) => figure(median(rates) / rate(results, base, benchmark)))
  const middle = (of: (sample: Sample) => number) => figure(median(samples.map(of)))
  return [
    [
      name,
      figure(median(rates)),
      `${figure(Math.min(...rates))}–${figure(Math.max(...rates))}`,
      ...ratios,
      middle(({ perSecond }) => perSecond),
      middle(({ p50Ms = Number.NaN }) => p50Ms),
      middle(({ p99Ms = Number.NaN }) => p99Ms),
      memory(samples),
    ],
  ]
}

/** The least that it began with and the most that it ever had. */
function memory(samples: readonly Sample[]): string {
  const least = Math.min(...samples.map(({ rssMiB }) => rssMiB))
  const most = Math.max(...samples.map(({ peakMiB }) => peakMiB))
  return `${Math.round(least)}–${Math.round(most)}`
}

function targetTable({ targets }: Results): string {
  const rows = targets.map(({ name, version, note }) => [name, version(), note])
  return markdownTable([['', 'version', 'know'], ...rows]).replaceAll('---:', '---')
}
