/** Chat on each server: Galley with its chat, Socket.IO with rooms. */
import type { Server } from '../server.ts'
import type { Conditions } from './benchmark-case.ts'
import { isResponse, openMessageConnection, subscribe, textOf } from './message-client.ts'
import type { RunningTarget } from './samples.ts'
import { portOf, startGalley, startSocketIo } from './servers.ts'
import { joinRoom, onSocketIo, openSocketIo } from './socket-io.ts'
import type { WebSocketClient } from './web-socket.ts'

/** A server with chat rooms. */
export interface ChatTarget extends RunningTarget {
  /** Creates a room and returns its name. */
  makeRoom(number: number): Promise<string>
  /** Connects a user and joins the room; calls `received` with each message of the room. */
  join(index: number, room: string, received: (bytes: Buffer, from: number) => void): Promise<ChatClient>
}

export interface ChatClient {
  send(text: string): void
  close(): void
}

export async function galleyChat(conditions: Conditions): Promise<ChatTarget> {
  const server = await startGalley(conditions)
  let made = 0
  return {
    name: 'Galley',
    server,
    makeRoom: () => createRoom(server, `Room ${++made}`),
    async join(index, room, received) {
      const client = await openMessageConnection(portOf(server), index)
      await subscribe(client, `messages/${room}`)
      client.onMessage = (bytes, from, to) => {
        if (!isResponse(bytes, from)) received(bytes, from)
        else if (!bytes.toString('latin1', from, to).includes('"status":201')) {
          throw new Error(bytes.toString('utf8', from, to))
        }
      }
      return chatClientOf(client, (text, id) =>
        textOf({ id, method: 'POST /api/messages', params: { body: { room, author: `user ${index}`, text } } }),
      )
    },
  }
}

async function createRoom({ origin }: Server, name: string): Promise<string> {
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(`${origin}/api/rooms`, { method: 'POST', headers, body: JSON.stringify({ name }) })
  if (response.status !== 201) throw new Error(`No room: ${await response.text()}`)
  return ((await response.json()) as { data: { id: string } }).data.id
}

export async function socketIoChat(conditions: Conditions): Promise<ChatTarget> {
  const server = await startSocketIo(conditions)
  return {
    name: 'Socket.IO',
    server,
    makeRoom: async (number) => `room-${number}`,
    async join(index, room, received) {
      const client = await openSocketIo(portOf(server), index)
      await joinRoom(client, room)
      onSocketIo(client, received)
      const message = (text: string) => ['publish', room, { room, author: `user ${index}`, text }]
      return chatClientOf(client, (text) => `42${JSON.stringify(message(text))}`)
    },
  }
}

function chatClientOf(client: WebSocketClient, messageOf: (text: string, id: number) => string): ChatClient {
  let id = 1
  return {
    send(text) {
      id += 1
      client.send(messageOf(text, id))
    },
    close: () => client.close(),
  }
}
