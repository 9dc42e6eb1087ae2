/** Publishing so that it is kept, against NATS JetStream that syncs each message. */
import { figure } from '../figures.ts'
import type { Server } from '../server.ts'
import { dataOf, topic } from './arenas.ts'
import { Connection } from './connection.ts'
import { exchange, type Speech } from './exchange.ts'
import { createStream, natsSpeech } from './nats.ts'
import { portOf, startGalley, startNats } from './servers.ts'
import { cborSpeech, httpSpeech, textSpeech } from './speeches.ts'
import { type Contender, describeTurn, gaugeOf, middle, perSecond, playRounds, rateTable } from './turns.ts'
import { atLeast, type Conditions, type Work } from './work.ts'

const publishers = 64
const warmupSeconds = 0.5
const goalRatio = 0.5

interface Way extends Contender {
  speech: Speech
  port: number
  connections: number
  depth: number
  /** Whom it is measured by; null for NATS itself. */
  peer: string | null
}

export const publish: Work = {
  name: 'publish',
  title: 'Publish, durable, 64 publishers of 200-byte events',
  async run(conditions) {
    const { rounds, seconds } = conditions
    const ways = [...(await galleyWays(conditions)), ...(await natsWays(conditions))]
    const play = (way: Way) => exchange({ ...way, warmupSeconds, seconds, gauge: gaugeOf(way.server) })
    const turns = await playRounds({ contenders: ways, rounds, play, describe: describeTurn })
    const rate = (name: string) => middle([...turns].find(([way]) => way.name === name)?.[1], perSecond)
    const goals = ways.flatMap(({ name, peer }) =>
      peer === null ? [] : [atLeast(`${name}, of ${peer}’s rate`, goalRatio, rate(name) / rate(peer), figure)],
    )
    return { goals, text: `${intro}\n\n${rateTable(turns)}` }
  },
}

const intro =
  'Each publisher waits for its answer before it goes on, or one connection has 64 on the way. Both keep events in files: ' +
  'NATS with `sync_interval: always`; Galley syncs its WAL before it answers, once for all that came together. Nobody ' +
  'follows the topic. Rates are by events per second, waiting for the disk included.'

const natsEach = `NATS JetStream, ${publishers} connections`
const natsOne = `NATS JetStream, one connection, ${publishers} in flight`

async function galleyWays(conditions: Conditions): Promise<Way[]> {
  const server = await startGalley(conditions)
  const request = {
    method: 'POST',
    path: `/api/topics/${topic}/events`,
    body: { type: 'moved', data: dataOf(0) },
  }
  const text = textSpeech('text', [request], 201)
  const http = httpSpeech('HTTP', new URL(server.origin).host, [request], 201)
  const cbor = cborSpeech('binary', [request], 201)
  return [
    each(`Galley, HTTP keep-alive, ${publishers} connections`, http, server, portOf(server), natsEach),
    each(`Galley, ${publishers} TCP sessions, text`, text, server, portOf(server), natsEach),
    each(`Galley, ${publishers} TCP sessions, binary`, cbor, server, portOf(server), natsEach),
    one(`Galley, one TCP session, text, ${publishers} in flight`, text, server, portOf(server), natsOne),
  ]
}

async function natsWays(conditions: Conditions): Promise<Way[]> {
  const { server, port } = await startNats(conditions)
  const connection = await new Connection({ port }).opened()
  await createStream(connection)
  connection.close()
  const speech = natsSpeech('NATS', JSON.stringify(dataOf(0)))
  return [each(natsEach, speech, server, port, null), one(natsOne, speech, server, port, null)]
}

function each(name: string, speech: Speech, server: Server, port: number, peer: string | null): Way {
  return { name, speech, server, port, peer, connections: publishers, depth: 1 }
}

function one(name: string, speech: Speech, server: Server, port: number, peer: string | null): Way {
  return { name, speech, server, port, peer, connections: 1, depth: publishers }
}
