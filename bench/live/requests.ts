/** Requests over one TCP connection against the same over HTTP. */
import { figure } from '../figures.ts'
import type { Server } from '../server.ts'
import { atLeast, type BenchmarkCase, type Goal } from './benchmark-case.ts'
import { exchange } from './exchange.ts'
import { describeSample, gaugeOf, middle, perCpuSecond, type RunningTarget, rateTable, runRounds } from './samples.ts'
import { portOf, startGalley } from './servers.ts'
import { cborProtocol, httpProtocol, textProtocol } from './wire-protocols.ts'

const inFlight = 64
const todos = 1000
const warmupSeconds = 0.5

interface Way extends RunningTarget {
  run(seconds: number): ReturnType<typeof exchange>
}

export const requests: BenchmarkCase = {
  name: 'requests',
  title: 'GET /api/todos/ID, 64 in flight',
  async run(conditions) {
    const { rounds, seconds } = conditions
    const server = await startGalley(conditions)
    const ways = waysOf(server, await makeTodos(server))
    const run = (way: Way) => way.run(seconds)
    const samples = await runRounds({ targets: ways, rounds, run, describe: describeSample })
    const [keepAlive, pipelined, text, cbor] = ways.map((way) => middle(samples.get(way), perCpuSecond)) as Rates
    const goals: Goal[] = [
      atLeast('TCP connection, text, of HTTP keep-alive’s rate', 1, text / keepAlive, figure),
      atLeast('TCP connection, text, of HTTP pipelining’s rate', 1, text / pipelined, figure),
      atLeast('TCP connection, binary, of HTTP keep-alive’s rate', 1, cbor / keepAlive, figure),
      atLeast('TCP connection, binary, of HTTP pipelining’s rate', 1, cbor / pipelined, figure),
    ]
    return { goals, text: `${intro}\n\n${rateTable(samples)}` }
  },
}

type Rates = [keepAlive: number, pipelined: number, text: number, cbor: number]

const intro =
  'All on Galley’s own engine, for the same thousand todos, asked by the same kind of client. Rates are by requests per second of CPU.'

function waysOf(server: Server, paths: readonly string[]): Way[] {
  const asked = paths.map((path) => ({ method: 'GET', path }))
  const { host } = new URL(server.origin)
  const http = httpProtocol('HTTP', host, asked, 200)
  const ways = [
    { name: `HTTP keep-alive, ${inFlight} connections`, protocol: http, connections: inFlight, depth: 1 },
    { name: `HTTP, one connection, ${inFlight} pipelined`, protocol: http, connections: 1, depth: inFlight },
    { name: 'TCP connection, text', protocol: textProtocol('text', asked, 200), connections: 1, depth: inFlight },
    { name: 'TCP connection, binary', protocol: cborProtocol('binary', asked, 200), connections: 1, depth: inFlight },
  ]
  return ways.map(({ name, ...way }) => ({
    name,
    server,
    run: (seconds) => exchange({ ...way, port: portOf(server), warmupSeconds, seconds, gauge: gaugeOf(server) }),
  }))
}

async function makeTodos({ origin }: Server): Promise<string[]> {
  return Promise.all(
    Array.from({ length: todos }, async (_, index) => {
      const headers = { 'Content-Type': 'application/json' }
      const body = JSON.stringify({ title: `Todo number ${1000 + index}` })
      const response = await fetch(`${origin}/api/todos`, { method: 'POST', headers, body })
      return `/api/todos/${((await response.json()) as { data: { id: string } }).data.id}`
    }),
  )
}
