/** Interleaved rounds: in each, every target runs every case, one after the other, while the others are paused. */
import { readFileSync, writeFileSync } from 'node:fs'
import { figure } from '../figures.ts'
import type { Server } from '../server.ts'

export interface RunningTarget {
  name: string
  server: Server
}

/** Result of one run of a benchmark case. */
export interface Measurement {
  /** In the unit of the case: requests or MiB. */
  amount: number
  perSecond: number
  p50Ms?: number
  p99Ms?: number
}

/** A measurement with its target and its cost. */
export interface Sample extends Measurement {
  target: string
  benchmark: string
  perCpuSecond: number
  /** Resident memory at the start, and its peak during the measurement. */
  rssMiB: number
  peakMiB: number
}

export interface RoundsOptions<E extends RunningTarget, W extends { name: string }> {
  targets: readonly E[]
  cases: readonly W[]
  /** Rounds that count, and how long a case takes in them. */
  rounds: number
  seconds: number
  /** Duration of a case in the warm-up round, which is not counted; 0 for no warm-up. */
  warmupSeconds: number
  /** True when the target can run the case. */
  takes(target: E, benchmark: W): boolean
  run(target: E, benchmark: W, seconds: number): Promise<Measurement>
}

export interface RoundsResult {
  samples: readonly Sample[]
  /** Error messages. A target that fails a case is not run on it again. */
  failures: readonly string[]
}

/** Runs all rounds and prints each measurement. A failure excludes that target from that case alone. */
export async function runRounds<E extends RunningTarget, W extends { name: string }>(
  options: RoundsOptions<E, W>,
): Promise<RoundsResult> {
  const samples: Sample[] = []
  const failures = new Map<string, string>()
  for (let round = options.warmupSeconds > 0 ? 0 : 1; round <= options.rounds; round++) {
    for (const [benchmark, target] of orderOf(options, round)) {
      const key = `${target.name}, ${benchmark.name}`
      if (failures.has(key)) continue
      const seconds = round === 0 ? options.warmupSeconds : options.seconds
      const result = await measure(target, benchmark.name, () => options.run(target, benchmark, seconds))
      const text = result instanceof Error ? result.message : describe(result)
      console.log(`${round === 0 ? 'warm-up' : `round ${round}`}  ${key}: ${text}`)
      if (result instanceof Error) failures.set(key, `${key}: ${brief(result.message)}`)
      else if (round > 0) samples.push(result)
    }
  }
  return { samples, failures: [...failures.values()] }
}

/** Rotates the order: the first target of a round is the last of the next. */
function orderOf<E extends RunningTarget, W extends { name: string }>(
  options: RoundsOptions<E, W>,
  round: number,
): [W, E][] {
  const first = round % Math.max(1, options.targets.length)
  const order = [...options.targets.slice(first), ...options.targets.slice(0, first)]
  return options.cases.flatMap((benchmark) =>
    order.filter((target) => options.takes(target, benchmark)).map((target): [W, E] => [benchmark, target]),
  )
}

async function measure(
  { name, server }: RunningTarget,
  benchmark: string,
  run: () => Promise<Measurement>,
): Promise<Sample | Error> {
  server.resume()
  try {
    const before = server.cpuSeconds()
    const rssMiB = server.rssMiB()
    resetPeak(server)
    const result = await run()
    const perCpuSecond = result.amount / (server.cpuSeconds() - before)
    const peak = peakMiB(server)
    await server.quiet()
    return { target: name, benchmark, ...result, perCpuSecond, rssMiB, peakMiB: peak }
  } catch (error) {
    return error as Error
  } finally {
    server.pause()
  }
}

/** 5 resets the peak of resident memory (proc_pid_clear_refs(5)). */
function resetPeak({ pid }: Server): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function peakMiB({ pid }: Server): number {
  const kiB = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kiB) / 1024
}

function describe({ perCpuSecond, perSecond, p50Ms, p99Ms, rssMiB, peakMiB }: Sample): string {
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
