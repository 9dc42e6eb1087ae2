/** Throughput and CPU cost of a server, in interleaved rounds. */
import { figure, markdownTable, median } from '../figures.ts'
import type { Server } from '../server.ts'

/** One measurement of one target. */
export interface Sample {
  amount: number
  seconds: number
  cpuSeconds: number
}

export interface Reading {
  end(amount: number): Sample
}

/** Measures a server between two moments. */
export interface Gauge {
  begin(): Reading
}

export function gaugeOf(server: Server): Gauge {
  return {
    begin() {
      const at = performance.now()
      const cpu = server.cpuSeconds()
      return {
        end: (amount) => ({
          amount,
          seconds: (performance.now() - at) / 1000,
          cpuSeconds: server.cpuSeconds() - cpu,
        }),
      }
    },
  }
}

export interface RunningTarget {
  name: string
  server: Server
}

export interface Rounds<C extends RunningTarget, T> {
  targets: readonly C[]
  rounds: number
  run(target: C): Promise<T>
  describe(sample: T): string
}

/** Measures every target once a round, in rotating order, with all other servers paused. */
export async function runRounds<C extends RunningTarget, T>(options: Rounds<C, T>): Promise<Map<C, T[]>> {
  const { targets, rounds, run, describe } = options
  const samples = new Map<C, T[]>(targets.map((target) => [target, []]))
  for (const { server } of targets) server.pause()
  for (let round = 0; round < rounds; round++) {
    const first = round % targets.length
    for (const target of [...targets.slice(first), ...targets.slice(0, first)]) {
      target.server.resume()
      const sample = await run(target)
      await target.server.quiet()
      target.server.pause()
      samples.get(target)?.push(sample)
      console.log(`round ${round + 1}  ${target.name}: ${describe(sample)}`)
    }
  }
  for (const { server } of targets) server.resume()
  return samples
}

export function perCpuSecond({ amount, cpuSeconds }: Sample): number {
  return amount / cpuSeconds
}

export function perSecond({ amount, seconds }: Sample): number {
  return amount / seconds
}

export function describeSample(sample: Sample): string {
  return `${figure(perCpuSecond(sample))}/s of CPU, ${figure(perSecond(sample))}/s`
}

export function middle<T>(samples: readonly T[] | undefined, of: (sample: T) => number): number {
  return median((samples ?? []).map(of))
}

/** A table of rates, in the order of the targets. */
export function rateTable(rows: ReadonlyMap<{ name: string }, readonly Sample[]>): string {
  const heads = ['', 'per second of CPU', 'lowest–highest', 'per second', 'server busy']
  const body = [...rows].map(([{ name }, samples]) => {
    const rates = samples.map(perCpuSecond)
    const busy = middle(samples, ({ cpuSeconds, seconds }) => (100 * cpuSeconds) / seconds)
    return [
      name,
      figure(median(rates)),
      `${figure(Math.min(...rates))}–${figure(Math.max(...rates))}`,
      figure(middle(samples, perSecond)),
      `${figure(busy)} %`,
    ]
  })
  return markdownTable([heads, ...body])
}
