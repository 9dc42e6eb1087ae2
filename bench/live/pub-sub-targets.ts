/** Publish and subscribe on each server, in its own protocol. */
import type { Server } from '../server.ts'
import type { Conditions } from './benchmark-case.ts'
import { Connection } from './connection.ts'
import { lineOf, lines, numberAt, offsetIndex, openMessageConnection, subscribe, textOf } from './message-client.ts'
import type { RunningTarget } from './samples.ts'
import { portOf, startBareWs, startGalley, startSocketIo } from './servers.ts'
import { joinRoom, onSocketIo, openSocketIo } from './socket-io.ts'
import { openWebSocket, type WebSocketClient } from './web-socket.ts'

/** Called with the number of each event received. */
type Received = (sequence: number) => void

export interface Publisher {
  /** Publishes the event with this number. */
  publish(sequence: number): void
  close(): void
}

export interface PubSubTarget extends RunningTarget {
  /** Returns the number of the newest event. */
  start(): Promise<number>
  subscribe(index: number, received: Received): Promise<WebSocketClient>
  openPublisher(): Promise<Publisher>
}

export const topic = 'playground'
const eventBytes = 200
const digits = 8
/** Clients acknowledge every half window. */
const ackEvery = 500

/** An event whose data is 200 bytes of JSON that end with its number. */
export function dataOf(sequence: number): { text: string; n: string } {
  const n = String(sequence).padStart(digits, '0')
  return { text: 'x'.repeat(eventBytes - JSON.stringify({ text: '', n }).length), n }
}

export async function galleyPubSub(conditions: Conditions): Promise<PubSubTarget> {
  const server = await startGalley(conditions)
  const port = portOf(server)
  return {
    name: 'Galley',
    server,
    start: () => newestOffset(server),
    async subscribe(index, received) {
      const client = await openMessageConnection(port, index)
      await subscribe(client, topic)
      followEvents(client, received)
      return client
    },
    openPublisher: () => openGalleyPublisher(port),
  }
}

async function newestOffset(server: Server): Promise<number> {
  const response = await fetch(`${server.origin}/api/topics/${topic}/events`)
  return ((await response.json()) as { position: { offset: number } }).position.offset
}

const offsetAt = offsetIndex(topic)

function followEvents(client: WebSocketClient, received: Received): void {
  client.onMessage = (bytes, from) => {
    const offset = numberAt(bytes, from + offsetAt)
    received(offset)
    if (offset % ackEvery === 0) client.send(textOf({ method: 'ack', params: { topic, offset } }))
  }
}

async function openGalleyPublisher(port: number): Promise<Publisher> {
  const connection = await new Connection({ port }).opened()
  const look = lines((bytes, from, to) => {
    const response = bytes.toString('utf8', from, to)
    if (!response.includes('"result":{"status":201')) throw new Error(response)
  })
  connection.listen(look)
  return {
    publish(sequence) {
      const body = { type: 'moved', data: dataOf(sequence) }
      connection.write(lineOf({ id: sequence, method: `POST /api/topics/${topic}/events`, params: { body } }))
    },
    close: () => connection.close(),
  }
}

export function bareWsPubSub(name: string, env: Record<string, string>) {
  return async (conditions: Conditions): Promise<PubSubTarget> => {
    const server = await startBareWs(conditions, name, { env })
    const port = portOf(server)
    return {
      name,
      server,
      start: async () => 0,
      async subscribe(index, received) {
        const client = await openWebSocket({ port, index, path: '/' })
        client.onMessage = (bytes, _, to) => received(numberAt(bytes, to - '"}'.length - digits))
        return client
      },
      async openPublisher() {
        const client = await openWebSocket({ port, path: '/publish' })
        return {
          publish: (sequence) => client.send(JSON.stringify(dataOf(sequence))),
          close: () => client.close(),
        }
      },
    }
  }
}

export async function socketIoPubSub(conditions: Conditions): Promise<PubSubTarget> {
  const server = await startSocketIo(conditions)
  const port = portOf(server)
  return {
    name: 'Socket.IO',
    server,
    start: async () => 0,
    async subscribe(index, received) {
      const client = await openSocketIo(port, index)
      await joinRoom(client, topic)
      onSocketIo(client, (bytes, _, to) => received(numberAt(bytes, to - '"}]'.length - digits)))
      return client
    },
    async openPublisher() {
      const client = await openSocketIo(port, 0)
      return {
        publish: (sequence) => client.send(`42${JSON.stringify(['publish', topic, dataOf(sequence)])}`),
        close: () => client.close(),
      }
    },
  }
}
