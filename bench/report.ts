/** The tables in bench/README.md, and the plain words on where Galley loses. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { figure, markdownTable, median } from './figures.ts'
import { type Peer, versionOf } from './peers.ts'
import { root } from './server.ts'
import type { Work } from './works.ts'
import type { WrkResult } from './wrk.ts'

/** What one run of one work showed of one peer. */
export interface Cell extends WrkResult {
  peer: string
  work: string
  requestsPerCpuSecond: number
}

export interface Report {
  cells: readonly Cell[]
  works: readonly Work[]
  peers: readonly Peer[]
  conditions: { rounds: number; seconds: number; connections: number; todos: number }
}

type Metric = 'requestsPerCpuSecond' | 'requestsPerSecond' | 'p50Ms' | 'p99Ms'

const readme = fileURLToPath(new URL('README.md', import.meta.url))
/** Fewer answers than this to each connection in a round are no figure. */
const answersPerConnectionMin = 4
const end = '<!-- end of figures -->'

const heads = ['', 'per second of CPU', 'lowest–highest', 'of bare', 'of bknd', 'per second', 'p50 ms', 'p99 ms']

export function readmeTables(report: Report): string {
  return [
    conditionsOf(report),
    ...report.works.map((work) => `### ${work.title}\n\n${workTable(report, work)}`),
    `### Where Galley loses\n\n${losses(report)}`,
    `### What the answers are worth\n\n${peersTable(report)}`,
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

/** One sentence: when, on what, and with which versions of Node, of the parts given, and of wrk. */
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

function cellsOf({ cells }: Report, peer: string, work: Work): Cell[] {
  return cells.filter((cell) => cell.peer === peer && cell.work === work.name)
}

/** Whether a peer is so slow that how many answers fall within a round is mostly chance. */
function hasTooFew(report: Report, peer: string, work: Work): boolean {
  const least = Math.min(...cellsOf(report, peer, work).map(({ requests }) => requests))
  return least < report.conditions.connections * answersPerConnectionMin
}

/** Empty where there were too few answers for a figure. */
function valuesOf(report: Report, peer: string, work: Work, metric: Metric): number[] {
  if (hasTooFew(report, peer, work)) return []
  return cellsOf(report, peer, work).map((cell) => cell[metric])
}

function medianOf(report: Report, peer: string, work: Work, metric: Metric): number {
  return median(valuesOf(report, peer, work, metric))
}

function workTable(report: Report, work: Work): string {
  const rows = report.peers.map(({ name }) => {
    const rates = valuesOf(report, name, work, 'requestsPerCpuSecond')
    const of = (other: string) => figure(median(rates) / medianOf(report, other, work, 'requestsPerCpuSecond'))
    const rest = (['requestsPerSecond', 'p50Ms', 'p99Ms'] as const).map((metric) =>
      figure(medianOf(report, name, work, metric)),
    )
    const range = rates.length > 0 ? `${figure(Math.min(...rates))}–${figure(Math.max(...rates))}` : '–'
    return [name, figure(median(rates)), range, of('bare node:http'), of('bknd'), ...rest]
  })
  const leftOut = report.peers.filter(({ name }) => hasTooFew(report, name, work))
  return [markdownTable([heads, ...rows]), ...leftOut.map(({ name }) => tooFew(report, name, work))].join('\n\n')
}

function tooFew(report: Report, name: string, work: Work): string {
  const { connections, seconds } = report.conditions
  const counts = cellsOf(report, name, work).map(({ requests }) => requests)
  return (
    `${name} is left out: ${Math.round(median(counts))} answers to ${connections} connections in ${seconds} s ` +
    'are too few for a figure.'
  )
}

function losses(report: Report): string {
  const names = report.peers.map(({ name }) => name)
  const lines = names.filter(isGalley).flatMap((name) => {
    const others = names.filter((other) => !isGalley(other))
    return report.works.flatMap((work) => others.flatMap((other) => lossesTo(report, work, name, other)))
  })
  return lines.length > 0 ? lines.join('\n') : 'Nowhere, of what was measured here.'
}

function isGalley(name: string): boolean {
  return name.startsWith('Galley')
}

function lossesTo(report: Report, work: Work, name: string, other: string): string[] {
  const ratio = (metric: Metric) => medianOf(report, other, work, metric) / medianOf(report, name, work, metric)
  const words = [
    better(ratio('requestsPerCpuSecond'), (times) => `${times} times the requests for a second of CPU`),
    better(ratio('requestsPerSecond'), (times) => `${times} times the requests a second`),
    better(1 / ratio('p50Ms'), (times) => `p50 ${times} times shorter`),
    better(1 / ratio('p99Ms'), (times) => `p99 ${times} times shorter`),
  ].filter((text) => text !== null)
  return words.length > 0 ? [`- ${work.title}: ${other} before ${name}: ${words.join(', ')}.`] : []
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
