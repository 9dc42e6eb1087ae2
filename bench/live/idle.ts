/** Ten thousand WebSockets that do nothing: the memory of each, and the cost of their heartbeats. */

import { join } from 'node:path'
import { figure, markdownTable } from '../figures.ts'
import { askMemory, type Memory } from '../http1/memory.ts'
import type { Server } from '../server.ts'
import { type BenchmarkCase, type Conditions, under } from './benchmark-case.ts'
import { openMany } from './connection.ts'
import { openMessageConnection, subscribe } from './message-client.ts'
import { gaugeOf } from './samples.ts'
import { portOf, startBareWs, startGalley } from './servers.ts'
import { openWebSocket } from './web-socket.ts'

const sockets = 10_000
/** Two of the peer's heartbeats. */
const peerSecondsMax = 40

interface Measured {
  name: string
  rssMiB: number
  /** Bytes, each. */
  rss: number
  heap: number
  /** Of a core, in percent; null where it was not watched. */
  busy: number | null
}

export const idle: BenchmarkCase = {
  name: 'idle',
  title: '10,000 idle WebSockets',
  async run(conditions) {
    const bare = await measureBare(conditions)
    const [connected, subscribed] = await measureGalley(conditions)
    const beyond = (one: Measured) => (one.rss - bare.rss) / 1000
    const goal = (one: Measured) => under(`${one.name}: KB of RSS each beyond bare ws`, 10, beyond(one), figure)
    const heads = ['', 'RSS KB each', 'beyond bare ws', 'heap KB each', 'RSS MiB in all', 'of a core']
    const rows = [bare, connected, subscribed].map((one) => [
      one.name,
      figure(one.rss / 1000),
      figure(beyond(one)),
      figure(one.heap / 1000),
      figure(one.rssMiB),
      one.busy === null ? '–' : `${figure(one.busy)} %`,
    ])
    const busy = subscribed.busy ?? Number.NaN
    return {
      goals: [goal(connected), goal(subscribed), under('CPU with heartbeats, percent of a core', 5, busy, figure)],
      text: `${intro(conditions)}\n\n${markdownTable([heads, ...rows])}`,
    }
  },
}

function intro({ idleSeconds }: Conditions): string {
  return (
    `Garbage is collected before memory is read. CPU is of ${idleSeconds} s (of bare ws ` +
    `${Math.min(peerSecondsMax, idleSeconds)} s) with a heartbeat every 20 s, each of which is answered. ` +
    'Each subscription is of a topic of its own.'
  )
}

async function measureBare(conditions: Conditions): Promise<Measured> {
  const server = await startBareWs(conditions, 'bare-ws', { tellsMemory: true })
  const folder = join(conditions.folder, 'bare-ws')
  const none = await askMemory(server, folder)
  const clients = await openMany(sockets, (index) => openWebSocket({ port: portOf(server), index, path: '/' }))
  const measured = perSocket('bare ws', none, await askMemory(server, folder))
  const busy = await watch(server, Math.min(peerSecondsMax, conditions.idleSeconds))
  for (const client of clients) client.close()
  await server.stop()
  return { ...measured, busy }
}

async function measureGalley(conditions: Conditions): Promise<readonly [Measured, Measured]> {
  const server = await startGalley(conditions, 'galley', { tellsMemory: true })
  const folder = join(conditions.folder, 'galley')
  const none = await askMemory(server, folder)
  const clients = await openMany(sockets, (index) => openMessageConnection(portOf(server), index))
  const connected = perSocket('Galley, connected', none, await askMemory(server, folder))
  await openMany(sockets, async (index) => {
    const client = clients[index]
    if (client) await subscribe(client, `messages/${index}`)
  })
  const subscribed = perSocket('Galley, each subscribed', none, await askMemory(server, folder))
  const busy = await watch(server, conditions.idleSeconds)
  for (const client of clients) client.close()
  return [connected, { ...subscribed, busy }]
}

function perSocket(name: string, none: Memory, all: Memory): Measured {
  const each = (of: 'rss' | 'heapUsed') => (all[of] - none[of]) / sockets
  const measured = { name, rssMiB: all.rss / 1024 ** 2, rss: each('rss'), heap: each('heapUsed'), busy: null }
  console.log(`${name}: ${figure(measured.rss / 1000)} KB of RSS each, ${figure(measured.heap / 1000)} KB of heap`)
  return measured
}

async function watch(server: Server, seconds: number): Promise<number> {
  const reading = gaugeOf(server).begin()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const sample = reading.end(0)
  const busy = (100 * sample.cpuSeconds) / sample.seconds
  console.log(`${figure(busy)} % of a core`)
  return busy
}
