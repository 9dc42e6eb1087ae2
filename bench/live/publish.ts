/** Publishing so that it is kept, against NATS JetStream that syncs each message. */
import { figure } from '../figures.ts'
import type { Server } from '../server.ts'
import { atLeast, type BenchmarkCase, type Conditions } from './benchmark-case.ts'
import { Connection } from './connection.ts'
import { exchange, type WireProtocol } from './exchange.ts'
import { createStream, natsProtocol } from './nats.ts'
import { dataOf, topic } from './pub-sub-targets.ts'
import { describeSample, gaugeOf, middle, perSecond, type RunningTarget, rateTable, runRounds } from './samples.ts'
import { portOf, startGalley, startNats } from './servers.ts'
import { cborProtocol, httpProtocol, textProtocol } from './wire-protocols.ts'

const publishers = 64
const warmupSeconds = 0.5
const goalRatio = 0.5

interface Way extends RunningTarget {
  protocol: WireProtocol
  port: number
  connections: number
  depth: number
  /** Name of the peer that it is compared with; null for NATS itself. */
  peer: string | null
}

export const publish: BenchmarkCase = {
  name: 'publish',
  title: 'Publish, durable, 64 publishers of 200-byte events',
  async run(conditions) {
    const { rounds, seconds } = conditions
    const ways = [...(await galleyWays(conditions)), ...(await natsWays(conditions))]
    const run = (way: Way) => exchange({ ...way, warmupSeconds, seconds, gauge: gaugeOf(way.server) })
    const samples = await runRounds({ targets: ways, rounds, run, describe: describeSample })
    const rate = (name: string) => middle([...samples].find(([way]) => way.name === name)?.[1], perSecond)
    const goals = ways.flatMap(({ name, peer }) =>
      peer === null ? [] : [atLeast(`${name}, of ${peer}’s rate`, goalRatio, rate(name) / rate(peer), figure)],
    )
    return { goals, text: `${intro}\n\n${rateTable(samples)}` }
  },
}

const intro =
  'Each publisher waits for its response, or one connection has 64 in flight. Both keep events in files: ' +
  'NATS with `sync_interval: always`; Galley syncs its WAL before it answers, once for all that arrived together. The topic ' +
  'has no subscribers. Rates are by events per second, waiting for the disk included.'

const natsEach = `NATS JetStream, ${publishers} connections`
const natsOne = `NATS JetStream, one connection, ${publishers} in flight`

async function galleyWays(conditions: Conditions): Promise<Way[]> {
  const server = await startGalley(conditions)
  const request = {
    method: 'POST',
    path: `/api/topics/${topic}/events`,
    body: { type: 'moved', data: dataOf(0) },
  }
  const text = textProtocol('text', [request], 201)
  const http = httpProtocol('HTTP', new URL(server.origin).host, [request], 201)
  const cbor = cborProtocol('binary', [request], 201)
  return [
    each(`Galley, HTTP keep-alive, ${publishers} connections`, http, server, portOf(server), natsEach),
    each(`Galley, ${publishers} TCP connection, text`, text, server, portOf(server), natsEach),
    each(`Galley, ${publishers} TCP connection, binary`, cbor, server, portOf(server), natsEach),
    one(`Galley, one TCP connection, text, ${publishers} in flight`, text, server, portOf(server), natsOne),
  ]
}

async function natsWays(conditions: Conditions): Promise<Way[]> {
  const { server, port } = await startNats(conditions)
  const connection = await new Connection({ port }).opened()
  await createStream(connection)
  connection.close()
  const protocol = natsProtocol('NATS', JSON.stringify(dataOf(0)))
  return [each(natsEach, protocol, server, port, null), one(natsOne, protocol, server, port, null)]
}

function each(name: string, protocol: WireProtocol, server: Server, port: number, peer: string | null): Way {
  return { name, protocol, server, port, peer, connections: publishers, depth: 1 }
}

function one(name: string, protocol: WireProtocol, server: Server, port: number, peer: string | null): Way {
  return { name, protocol, server, port, peer, connections: 1, depth: publishers }
}
