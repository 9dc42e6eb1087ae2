/** Where the chat takes place: Galley with its chat, and Socket.IO with rooms. */
import type { Server } from '../server.ts'
import { portOf, startGalley, startSocketIo } from './servers.ts'
import { isAnswer, openSession, subscribe, textOf } from './session.ts'
import { joinRoom, onSocketIo, openSocketIo } from './socket-io.ts'
import type { Contender } from './turns.ts'
import type { WebSocketClient } from './web-socket.ts'
import type { Conditions } from './work.ts'

/** A server with rooms to talk in. */
export interface Parlour extends Contender {
  /** Makes a room and gives its name. */
  makeRoom(number: number): Promise<string>
  /** Connects a user, who then is in the room; `took` gets each message that is said there. */
  enter(index: number, room: string, took: (bytes: Buffer, from: number) => void): Promise<Speaker>
}

export interface Speaker {
  say(text: string): void
  close(): void
}

export async function galleyParlour(conditions: Conditions): Promise<Parlour> {
  const server = await startGalley(conditions)
  let made = 0
  return {
    name: 'Galley',
    server,
    makeRoom: () => createRoom(server, `Room ${++made}`),
    async enter(index, room, took) {
      const client = await openSession(portOf(server), index)
      await subscribe(client, `messages/${room}`)
      client.onMessage = (bytes, from, to) => {
        if (!isAnswer(bytes, from)) took(bytes, from)
        else if (!bytes.toString('latin1', from, to).includes('"status":201')) {
          throw new Error(bytes.toString('utf8', from, to))
        }
      }
      return speakerOf(client, (text, id) =>
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

export async function socketIoParlour(conditions: Conditions): Promise<Parlour> {
  const server = await startSocketIo(conditions)
  return {
    name: 'Socket.IO',
    server,
    makeRoom: async (number) => `room-${number}`,
    async enter(index, room, took) {
      const client = await openSocketIo(portOf(server), index)
      await joinRoom(client, room)
      onSocketIo(client, took)
      const message = (text: string) => ['publish', room, { room, author: `user ${index}`, text }]
      return speakerOf(client, (text) => `42${JSON.stringify(message(text))}`)
    },
  }
}

function speakerOf(client: WebSocketClient, messageOf: (text: string, id: number) => string): Speaker {
  let id = 1
  return {
    say(text) {
      id += 1
      client.send(messageOf(text, id))
    },
    close: () => client.close(),
  }
}
