/** The tables in bench/README.md, and the plain words on where Galley loses. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { BenchmarkCase } from './cases.ts'
import { figure, markdownTable, median } from './figures.ts'
import { type Peer, versionOf } from './peers.ts'
import { root } from './server.ts'
import type { WrkResult } from './wrk.ts'

/** Result of one run of one case by one peer. */
export interface Cell extends WrkResult {
  peer: string
  benchmark: string
  requestsPerCpuSecond: number
}

export interface Report {
  cells: readonly Cell[]
  cases: readonly BenchmarkCase[]
  peers: readonly Peer[]
  conditions: { rounds: number; seconds: number; connections: number; todos: number }
}

type Metric = 'requestsPerCpuSecond' | 'requestsPerSecond' | 'p50Ms' | 'p99Ms'

const readme = fileURLToPath(new URL('README.md', import.meta.url))
/** Fewer responses than this to each connection in a round are no figure. */
const responsesPerConnectionMin = 4
const end = '<!-- end of figures -->'

const heads = ['', 'per second of CPU', 'lowest–highest', 'of bare', 'of bknd', 'per second', 'p50 ms', 'p99 ms']

export function readmeTables(report: Report): string {
  return [
    conditionsOf(report),
    ...report.cases.map((benchmark) => `### ${benchmark.title}\n\n${caseTable(report, benchmark)}`),
    `### Where Galley loses\n\n${losses(report)}`,
    `### Durability of each peer\n\n${peersTable(report)}`,
  ].join('\n\n')
}

/** Puts the text between the markers of the command that made it; each command has a section of its own. */
export function writeReadme(text: string, command = 'node bench/run.ts'): void {
  const begin = `<!-- figures: written by \`${command}\` -->`
  const old = readFileSync(readme, 'utf8')
  const from = old.indexOf(begin)
  const to = old.indexOf(end, from)
  if (from === -1 || to === -1) throw new Error(`README.md lacks its two markers, ${begin} and ${end}.`)
  writeFileSync(readme, `${old.slice(0, from)}${begin}\n\n${text}\n\n${old.slice(to)}`)
}

function conditionsOf({ conditions }: Report): string {
  const { rounds, seconds, connections, todos } = conditions
  const how = `Medians of ${rounds} rounds of ${seconds} s, ${connections} connections`
  return `${machineText(`SQLite ${process.versions.sqlite}`)} ${how}, ${figure(todos)} todos at the start.`
}

/** One sentence: when, on what, and with which versions of Node, of the named components, and of wrk. */
export function machineText(...parts: readonly string[]): string {
  const [cpu] = cpus()
  const machine = `${cpus().length} cores of ${cpu?.model.trim() ?? 'an unknown CPU'}`
  const versions = [`Node ${process.versions.node}`, ...parts, wrkVersion()]
  return `${[new Date().toISOString().slice(0, 10), machine, ...versions].join(', ')}.`
}

function wrkVersion(): string {
  try {
    return execFileSync('wrk', ['-v'], { encoding: 'utf8' })
  } catch (error) {
    // It prints its version and ends with 1.
    const { stdout } = error as { stdout?: string }
    return /^wrk \S+/.exec(stdout ?? '')?.[0] ?? 'wrk'
  }
}

function cellsOf({ cells }: Report, peer: string, benchmark: BenchmarkCase): Cell[] {
  return cells.filter((cell) => cell.peer === peer && cell.benchmark === benchmark.name)
}

/** True when a peer answers so few requests in a round that the count is mostly chance. */
function hasTooFew(report: Report, peer: string, benchmark: BenchmarkCase): boolean {
  const least = Math.min(...cellsOf(report, peer, benchmark).map(({ requests }) => requests))
  return least < report.conditions.connections * responsesPerConnectionMin
}

/** Empty where there were too few responses for a figure. */
function valuesOf(report: Report, peer: string, benchmark: BenchmarkCase, metric: Metric): number[] {
  if (hasTooFew(report, peer, benchmark)) return []
  return cellsOf(report, peer, benchmark).map((cell) => cell[metric])
}

function medianOf(report: Report, peer: string, benchmark: BenchmarkCase, metric: Metric): number {
  return median(valuesOf(report, peer, benchmark, metric))
}

function caseTable(report: Report, benchmark: BenchmarkCase): string {
  const rows = report.peers.map(({ name }) => {
    const rates = valuesOf(report, name, benchmark, 'requestsPerCpuSecond')
    const of = (other: string) => figure(median(rates) / medianOf(report, other, benchmark, 'requestsPerCpuSecond'))
    const rest = (['requestsPerSecond', 'p50Ms', 'p99Ms'] as const).map((metric) =>
      figure(medianOf(report, name, benchmark, metric)),
    )
    const range = rates.length > 0 ? `${figure(Math.min(...rates))}–${figure(Math.max(...rates))}` : '–'
    return [name, figure(median(rates)), range, of('bare node:http'), of('bknd'), ...rest]
  })
  const omitted = report.peers.filter(({ name }) => hasTooFew(report, name, benchmark))
  return [markdownTable([heads, ...rows]), ...omitted.map(({ name }) => tooFew(report, name, benchmark))].join('\n\n')
}

function tooFew(report: Report, name: string, benchmark: BenchmarkCase): string {
  const { connections, seconds } = report.conditions
  const counts = cellsOf(report, name, benchmark).map(({ requests }) => requests)
  return (
    `${name} is left out: ${Math.round(median(counts))} responses to ${connections} connections in ${seconds} s ` +
    'are too few for a figure.'
  )
}

function losses(report: Report): string {
  const names = report.peers.map(({ name }) => name)
  const lines = names.filter(isGalley).flatMap((name) => {
    const others = names.filter((other) => !isGalley(other))
    return report.cases.flatMap((benchmark) => others.flatMap((other) => lossesTo(report, benchmark, name, other)))
  })
  return lines.length > 0 ? lines.join('\n') : 'Nowhere, of what was measured here.'
}

function isGalley(name: string): boolean {
  return name.startsWith('Galley')
}

function lossesTo(report: Report, benchmark: BenchmarkCase, name: string, other: string): string[] {
  const ratio = (metric: Metric) =>
    medianOf(report, other, benchmark, metric) / medianOf(report, name, benchmark, metric)
  const words = [
    better(ratio('requestsPerCpuSecond'), (times) => `${times} times the requests for a second of CPU`),
    better(ratio('requestsPerSecond'), (times) => `${times} times the requests a second`),
    better(1 / ratio('p50Ms'), (times) => `p50 ${times} times shorter`),
    better(1 / ratio('p99Ms'), (times) => `p99 ${times} times shorter`),
  ].filter((text) => text !== null)
  return words.length > 0 ? [`- ${benchmark.title}: ${other} before ${name}: ${words.join(', ')}.`] : []
}

/** Null unless the other is better by more than a hundredth. */
function better(ratio: number, words: (times: string) => string): string | null {
  return ratio > 1.01 ? words(figure(ratio)) : null
}

function peersTable({ peers }: Report): string {
  const rows = peers.map((peer) => {
    const version = isGalley(peer.name) ? ownVersion() : (versionOf(peer) ?? `Node ${process.versions.node}`)
    return [peer.name, version, peer.durability, peer.note]
  })
  return markdownTable([['', 'version', 'kept how', 'know'], ...rows]).replaceAll('---:', '---')
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }).version
}
