/** A client of Socket.IO on the lean WebSocket. */
import { frameOf, openWebSocket, type TakeMessage, type WebSocketClient } from './web-socket.ts'

/** Connects by a WebSocket alone (Engine.IO 4), and to the main namespace. */
export async function openSocketIo(port: number, index: number): Promise<WebSocketClient> {
  const opened = awaitBeginning('0{')
  const path = '/socket.io/?EIO=4&transport=websocket'
  const client = await openWebSocket({ port, index, path, onMessage: opened.onMessage })
  await opened.promise
  await ask(client, '40', '40{')
  return client
}

export function joinRoom(client: WebSocketClient, room: string): Promise<void> {
  return ask(client, `420${JSON.stringify(['join', room])}`, '43')
}

async function ask(client: WebSocketClient, message: string, responseBeginning: string): Promise<void> {
  const answered = awaitBeginning(responseBeginning)
  onSocketIo(client, answered.onMessage)
  client.send(message)
  await answered.promise
}

const engineIoPing = 0x32
const engineIoPong = frameOf('3')

/** Answers the server's pings and passes on the rest. */
export function onSocketIo(client: WebSocketClient, take: TakeMessage): void {
  client.onMessage = (bytes, from, to) => {
    if (to - from === 1 && bytes[from] === engineIoPing) client.sendFrame(engineIoPong)
    else take(bytes, from, to)
  }
}

/** Waits for a message that begins like this. */
function awaitBeginning(beginning: string) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const onMessage: TakeMessage = (bytes, from, to) => {
    if (bytes.toString('latin1', from, to).startsWith(beginning)) resolve()
  }
  return { promise, onMessage }
}
