/** Interleaved rounds: in each, every entrant does every work, one after the other, while the others are stopped. */
import { readFileSync, writeFileSync } from 'node:fs'
import { figure } from '../figures.ts'
import type { Server } from '../server.ts'

export interface Entrant {
  name: string
  server: Server
}

/** What a work got out of a server. */
export interface Yield {
  /** In the work's unit: requests, or MiB. */
  amount: number
  perSecond: number
  p50Ms?: number
  p99Ms?: number
}

/** A yield, whose it was, and what it cost. */
export interface Turn extends Yield {
  entrant: string
  work: string
  perCpuSecond: number
  /** Resident memory when the turn began, and the most of it in the turn. */
  rssMiB: number
  peakMiB: number
}

export interface Game<E extends Entrant, W extends { name: string }> {
  entrants: readonly E[]
  works: readonly W[]
  /** Rounds that count, and how long a work takes in them. */
  rounds: number
  seconds: number
  /** How long a work takes in the round before them, which does not count; 0 for no such round. */
  warmupSeconds: number
  /** Whether the entrant can do the work. */
  takes(entrant: E, work: W): boolean
  play(entrant: E, work: W, seconds: number): Promise<Yield>
}

export interface Score {
  turns: readonly Turn[]
  /** What went wrong; who failed at a work was not asked for it again. */
  failures: readonly string[]
}

/** Plays all rounds and says how each turn went. A failure ends only what failed. */
export async function playRounds<E extends Entrant, W extends { name: string }>(game: Game<E, W>): Promise<Score> {
  const turns: Turn[] = []
  const failures = new Map<string, string>()
  for (let round = game.warmupSeconds > 0 ? 0 : 1; round <= game.rounds; round++) {
    for (const [work, entrant] of turnsOf(game, round)) {
      const key = `${entrant.name}, ${work.name}`
      if (failures.has(key)) continue
      const seconds = round === 0 ? game.warmupSeconds : game.seconds
      const result = await playTurn(entrant, work.name, () => game.play(entrant, work, seconds))
      const text = result instanceof Error ? result.message : describe(result)
      console.log(`${round === 0 ? 'warm-up' : `round ${round}`}  ${key}: ${text}`)
      if (result instanceof Error) failures.set(key, `${key}: ${brief(result.message)}`)
      else if (round > 0) turns.push(result)
    }
  }
  return { turns, failures: [...failures.values()] }
}

/** Whoever was first in a round is last in the next. */
function turnsOf<E extends Entrant, W extends { name: string }>(game: Game<E, W>, round: number): [W, E][] {
  const first = round % Math.max(1, game.entrants.length)
  const order = [...game.entrants.slice(first), ...game.entrants.slice(0, first)]
  return game.works.flatMap((work) =>
    order.filter((entrant) => game.takes(entrant, work)).map((entrant): [W, E] => [work, entrant]),
  )
}

async function playTurn({ name, server }: Entrant, work: string, play: () => Promise<Yield>): Promise<Turn | Error> {
  server.resume()
  try {
    const before = server.cpuSeconds()
    const rssMiB = server.rssMiB()
    resetPeak(server)
    const result = await play()
    const perCpuSecond = result.amount / (server.cpuSeconds() - before)
    const peak = peakMiB(server)
    await server.quiet()
    return { entrant: name, work, ...result, perCpuSecond, rssMiB, peakMiB: peak }
  } catch (error) {
    return error as Error
  } finally {
    server.pause()
  }
}

/** 5 means: begin anew with the peak of resident memory (proc_pid_clear_refs(5)). */
function resetPeak({ pid }: Server): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function peakMiB({ pid }: Server): number {
  const kiB = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kiB) / 1024
}

function describe({ perCpuSecond, perSecond, p50Ms, p99Ms, rssMiB, peakMiB }: Turn): string {
  const rates = `${figure(perCpuSecond)}/s of CPU, ${figure(perSecond)}/s`
  const latencies =
    p50Ms === undefined || p99Ms === undefined ? '' : `, p50 ${figure(p50Ms)} ms, p99 ${figure(p99Ms)} ms`
  return `${rates}${latencies}, RSS ${figure(rssMiB)} to ${figure(peakMiB)} MiB`
}

/** The first line, and the first error that is named after it: the rest is for the console. */
export function brief(text: string): string {
  const [first = '', ...rest] = text.split('\n')
  const error = rest.find((line) => /^(\w*Error|error)\b/.test(line))
  return error === undefined ? first : `${first} ${error}`
}
