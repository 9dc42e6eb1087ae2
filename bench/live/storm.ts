/** Five thousand sockets reconnect at once, each a hundred events behind. */
import { figure, markdownTable, median, quantile } from '../figures.ts'
import type { Server } from '../server.ts'
import { type BenchmarkCase, under } from './benchmark-case.ts'
import type { Position } from './message-client.ts'
import { dataOf, topic } from './pub-sub-targets.ts'
import { Reconnects, sockets } from './reconnect.ts'
import { gaugeOf } from './samples.ts'
import { portOf, startGalley } from './servers.ts'

const eventsBehind = 100
const goalSeconds = 5
/** A publisher keeps publishing during the reconnects. */
const publishEveryMs = 50

interface Storm {
  /** From the first that comes back to the last that is caught up. */
  seconds: number
  p50Seconds: number
  cpuSeconds: number
  published: number
}

export const storm: BenchmarkCase = {
  name: 'storm',
  title: 'Reconnect storm: 5,000 sockets return with positions 100 events old',
  async run(conditions) {
    const server = await startGalley(conditions)
    await Promise.all(Array.from({ length: eventsBehind }, (_, index) => publish(server, index)))
    const storms: Storm[] = []
    for (let round = 0; round < conditions.rounds; round++) {
      const one = await runStorm(server)
      await server.quiet()
      storms.push(one)
      console.log(`round ${round + 1}: ${figure(one.seconds)} s, ${figure(one.cpuSeconds)} s of CPU`)
    }
    const seconds = storms.map((one) => one.seconds)
    const of = (pick: (one: Storm) => number) => figure(median(storms.map(pick)))
    const heads = [
      '',
      'all caught up after s',
      'lowest–highest',
      'half of them after s',
      's of CPU',
      'published meanwhile',
    ]
    const range = `${figure(Math.min(...seconds))}–${figure(Math.max(...seconds))}`
    const row = [
      'Galley',
      of((one) => one.seconds),
      range,
      of((one) => one.p50Seconds),
      of((one) => one.cpuSeconds),
      of((one) => one.published),
    ]
    return {
      goals: [under('seconds until all are caught up, no event lost', goalSeconds, Math.max(...seconds), figure)],
      text: `${intro}\n\n${markdownTable([heads, row])}`,
    }
  },
}

const intro =
  'All connect at once, shake hands, subscribe after their position and get 100 events of 200 bytes, and those that are ' +
  'published meanwhile. Each got every event once and in order up to the last, or there would be no figure. The goal is ' +
  'held against the slowest round.'

async function publish({ origin }: Server, number: number): Promise<number> {
  const headers = { 'Content-Type': 'application/json' }
  const body = JSON.stringify({ type: 'moved', data: dataOf(number) })
  const response = await fetch(`${origin}/api/topics/${topic}/events`, { method: 'POST', headers, body })
  return ((await response.json()) as { data: { offset: number } }).data.offset
}

async function runStorm(server: Server): Promise<Storm> {
  const newest = await positionOf(server)
  const after = { ...newest, offset: newest.offset - eventsBehind }
  const reconnects = new Reconnects(after, newest.offset)
  const publisher = new Publisher(server)
  const reading = gaugeOf(server).begin()
  const clients = await Promise.all(
    Array.from({ length: sockets }, (_, index) => reconnects.reconnect(portOf(server), index)),
  )
  await reconnects.caughtUp
  const { cpuSeconds } = reading.end(0)
  const { published, last } = await publisher.stop()
  await reconnects.allAt(last ?? newest.offset)
  for (const client of clients) client.close()
  const doneSeconds = reconnects.doneMs.map((ms) => ms / 1000)
  return { seconds: Math.max(...doneSeconds), p50Seconds: quantile(doneSeconds, 0.5), cpuSeconds, published }
}

async function positionOf({ origin }: Server): Promise<Position> {
  const response = await fetch(`${origin}/api/topics/${topic}/events`)
  return ((await response.json()) as { position: Position }).position
}

class Publisher {
  readonly #server: Server
  readonly #timer: NodeJS.Timeout
  readonly #offsets: Promise<number>[] = []

  constructor(server: Server) {
    this.#server = server
    this.#timer = setInterval(() => this.#offsets.push(publish(this.#server, 0)), publishEveryMs)
  }

  async stop(): Promise<{ published: number; last: number | null }> {
    clearInterval(this.#timer)
    const offsets = await Promise.all(this.#offsets)
    return { published: offsets.length, last: offsets.length > 0 ? Math.max(...offsets) : null }
  }
}
