/** What a server does in some time and what it costs, in interleaved rounds. */
import { figure, markdownTable, median } from '../figures.ts'
import type { Server } from '../server.ts'

/** What one contender did in one turn. */
export interface Turn {
  amount: number
  seconds: number
  cpuSeconds: number
}

export interface Reading {
  end(amount: number): Turn
}

/** Measures a server from one moment to another. */
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

export interface Contender {
  name: string
  server: Server
}

export interface Rounds<C extends Contender, T> {
  contenders: readonly C[]
  rounds: number
  play(contender: C): Promise<T>
  describe(turn: T): string
}

/** In each round every contender plays; who was first is last in the next. Servers whose turn it is not stand still. */
export async function playRounds<C extends Contender, T>(options: Rounds<C, T>): Promise<Map<C, T[]>> {
  const { contenders, rounds, play, describe } = options
  const turns = new Map<C, T[]>(contenders.map((contender) => [contender, []]))
  for (const { server } of contenders) server.pause()
  for (let round = 0; round < rounds; round++) {
    const first = round % contenders.length
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      contender.server.resume()
      const turn = await play(contender)
      await contender.server.quiet()
      contender.server.pause()
      turns.get(contender)?.push(turn)
      console.log(`round ${round + 1}  ${contender.name}: ${describe(turn)}`)
    }
  }
  for (const { server } of contenders) server.resume()
  return turns
}

export function perCpuSecond({ amount, cpuSeconds }: Turn): number {
  return amount / cpuSeconds
}

export function perSecond({ amount, seconds }: Turn): number {
  return amount / seconds
}

export function describeTurn(turn: Turn): string {
  return `${figure(perCpuSecond(turn))}/s of CPU, ${figure(perSecond(turn))}/s`
}

export function middle<T>(turns: readonly T[] | undefined, of: (turn: T) => number): number {
  return median((turns ?? []).map(of))
}

/** A table of rates, in the order of the turns. */
export function rateTable(rows: ReadonlyMap<{ name: string }, readonly Turn[]>): string {
  const heads = ['', 'per second of CPU', 'lowest–highest', 'per second', 'server busy']
  const body = [...rows].map(([{ name }, turns]) => {
    const rates = turns.map(perCpuSecond)
    const busy = middle(turns, ({ cpuSeconds, seconds }) => (100 * cpuSeconds) / seconds)
    return [
      name,
      figure(median(rates)),
      `${figure(Math.min(...rates))}–${figure(Math.max(...rates))}`,
      figure(middle(turns, perSecond)),
      `${figure(busy)} %`,
    ]
  })
  return markdownTable([heads, ...body])
}
