/** The output of a run. */

import type { Finding, PhaseResult } from './commands.ts'
import { boundsMiB, climbMiB } from './growth.ts'
import type { Quiet } from './soaked-server.ts'

export interface Phase extends PhaseResult {
  phase: number
  quiet: Quiet
}

const mebibyte = 2 ** 20
const shownMax = 20

export function phaseLine({ phase, asked, answered, quiet, findings }: Phase, phases: number): string {
  const { afterMs, heapUsed, arrayBuffers, rss, sockets } = quiet
  const memory = `heap ${mib(heapUsed)}, buffers ${mib(arrayBuffers)}, RSS ${mib(rss)} MiB`
  const traffic = `${asked} asked, ${answered} answered`
  return `phase ${phase} of ${phases}: ${traffic}; quiet after ${seconds(afterMs)} s, ${sockets} sockets, ${memory}; findings: ${findings.length}`
}

export function table(phases: readonly Phase[]): string {
  const rows = phases.map(({ phase, asked, answered, quiet, findings }) => {
    const { afterMs, sockets, heapUsed, arrayBuffers, rss } = quiet
    return [
      phase,
      asked,
      answered,
      seconds(afterMs),
      sockets,
      mib(heapUsed),
      mib(arrayBuffers),
      mib(rss),
      findings.length,
    ]
  })
  const heads = ['phase', 'asked', 'answered', 'quiet s', 'sockets', 'heap MiB', 'buffers', 'RSS', 'findings']
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** How often each kind of traffic was played, and what else was counted. */
export function totals(phases: readonly Phase[]): string {
  return (['played', 'noted'] as const)
    .map((kind) => {
      const sums = new Map<string, number>()
      for (const phase of phases) {
        for (const [name, count] of Object.entries(phase[kind])) sums.set(name, (sums.get(name) ?? 0) + count)
      }
      return `${kind}: ${[...sums].map(([name, count]) => `${name} ${count}`).join(', ')}`
    })
    .join('\n')
}

export interface Growth {
  line: string
  findings: readonly string[]
}

export function growth(phases: readonly Phase[]): Growth {
  const figures = {
    heap: phases.map(({ quiet }) => quiet.heapUsed),
    buffers: phases.map(({ quiet }) => quiet.arrayBuffers),
    RSS: phases.map(({ quiet }) => quiet.rss),
  }
  const lines: string[] = []
  const findings: string[] = []
  for (const name of ['heap', 'buffers', 'RSS'] as const) {
    const climb = climbMiB(figures[name])
    if (climb === null) return { line: 'growth: too few phases to judge', findings: [] }
    const text = `${name} ${climb.toFixed(2)} of ${boundsMiB[name]} MiB`
    lines.push(text)
    if (climb > boundsMiB[name]) findings.push(`it grows: ${text}`)
  }
  return { line: `growth after the first phases: ${lines.join(', ')}`, findings }
}

/** Findings of the same kind once, with their number. */
export function findingsText(findings: readonly Finding[]): string {
  const kinds = Map.groupBy(findings, kindOf)
  const lines = [...kinds.values()].map((all) => {
    const [{ phase, seed, where, what } = {} as Finding] = all
    return `- ${all.length} times, first in phase ${phase} of --seed ${seed}: ${where}: ${what}`
  })
  const more = lines.length > shownMax ? [`- and ${lines.length - shownMax} kinds more`] : []
  return [...lines.slice(0, shownMax), ...more].join('\n')
}

/** The text of a finding without its numbers and what it quotes. */
export function kindOf({ where, what }: Finding): string {
  return `${where}: ${what}`
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\d[\da-f:]*|\b[\da-f]{6,}\b/g, 'N')
    .slice(0, 200)
}

function mib(bytes: number): string {
  return (bytes / mebibyte).toFixed(1)
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}
