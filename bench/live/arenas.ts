/** Servers that pass on what a publisher says to all subscribers, each in its own protocol. */
import type { Server } from '../server.ts'
import { Connection } from './connection.ts'
import { portOf, startBareWs, startGalley, startSocketIo } from './servers.ts'
import { lineOf, lines, numberAt, offsetPlace, openSession, subscribe, textOf } from './session.ts'
import { joinRoom, onSocketIo, openSocketIo } from './socket-io.ts'
import type { Contender } from './turns.ts'
import { openWebSocket, type WebSocketClient } from './web-socket.ts'
import type { Conditions } from './work.ts'

/** Tells the number of an event from the message it comes in. */
type Took = (sequence: number) => void

export interface Publisher {
  /** Publishes the event with this number. */
  publish(sequence: number): void
  close(): void
}

export interface Arena extends Contender {
  /** Gives the number of the newest event that there is already. */
  start(): Promise<number>
  subscribe(index: number, took: Took): Promise<WebSocketClient>
  openPublisher(): Promise<Publisher>
}

export const topic = 'playground'
const eventBytes = 200
const digits = 8
/** A client that acknowledges each half window. */
const ackEvery = 500

/** An event whose data is 200 bytes of JSON that end with its number. */
export function dataOf(sequence: number): { text: string; n: string } {
  const n = String(sequence).padStart(digits, '0')
  return { text: 'x'.repeat(eventBytes - JSON.stringify({ text: '', n }).length), n }
}

export async function galleyArena(conditions: Conditions): Promise<Arena> {
  const server = await startGalley(conditions)
  const port = portOf(server)
  return {
    name: 'Galley',
    server,
    start: () => newestOffset(server),
    async subscribe(index, took) {
      const client = await openSession(port, index)
      await subscribe(client, topic)
      followEvents(client, took)
      return client
    },
    openPublisher: () => openGalleyPublisher(port),
  }
}

async function newestOffset(server: Server): Promise<number> {
  const response = await fetch(`${server.origin}/api/topics/${topic}/events`)
  return ((await response.json()) as { position: { offset: number } }).position.offset
}

const place = offsetPlace(topic)

function followEvents(client: WebSocketClient, took: Took): void {
  client.onMessage = (bytes, from) => {
    const offset = numberAt(bytes, from + place)
    took(offset)
    if (offset % ackEvery === 0) client.send(textOf({ method: 'ack', params: { topic, offset } }))
  }
}

async function openGalleyPublisher(port: number): Promise<Publisher> {
  const connection = await new Connection({ port }).opened()
  const look = lines((bytes, from, to) => {
    const answer = bytes.toString('utf8', from, to)
    if (!answer.includes('"result":{"status":201')) throw new Error(answer)
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

export function bareWsArena(name: string, env: Record<string, string>) {
  return async (conditions: Conditions): Promise<Arena> => {
    const server = await startBareWs(conditions, name, { env })
    const port = portOf(server)
    return {
      name,
      server,
      start: async () => 0,
      async subscribe(index, took) {
        const client = await openWebSocket({ port, index, path: '/' })
        client.onMessage = (bytes, _, to) => took(numberAt(bytes, to - '"}'.length - digits))
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

export async function socketIoArena(conditions: Conditions): Promise<Arena> {
  const server = await startSocketIo(conditions)
  const port = portOf(server)
  return {
    name: 'Socket.IO',
    server,
    start: async () => 0,
    async subscribe(index, took) {
      const client = await openSocketIo(port, index)
      await joinRoom(client, topic)
      onSocketIo(client, (bytes, _, to) => took(numberAt(bytes, to - '"}]'.length - digits)))
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
