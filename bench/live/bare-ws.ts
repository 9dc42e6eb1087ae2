/**
 * `ws` and a loop. A client that connects to /publish is a publisher; all others receive its messages. With FORM=bytes the bytes
 * that came are sent on, as the README of `ws` does it; else a text.
 */
import { createServer } from 'node:http'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'

const heartbeatMs = 20_000
const sendsBytes = process.env.FORM === 'bytes'
const heard = new WeakSet<WebSocket>()
const subscribers = new Set<WebSocket>()

const http = createServer((_, response) => response.end('ready'))
const server = new WebSocketServer({ server: http, clientTracking: false, perMessageDeflate: false })
server.on('connection', (client, { url }) => {
  if (url === '/publish') client.on('message', broadcast)
  else admit(client)
})
http.listen(Number(process.env.PORT), '127.0.0.1', 4096)

setInterval(() => {
  for (const client of subscribers) {
    if (heard.delete(client)) client.ping()
    else client.terminate()
  }
}, heartbeatMs)

function admit(client: WebSocket): void {
  subscribers.add(client)
  heard.add(client)
  client.on('pong', onPong)
  client.on('close', onClose)
  client.on('error', ignore)
}

function broadcast(data: RawData): void {
  if (sendsBytes) for (const client of subscribers) client.send(data, { binary: false })
  else {
    // One Buffer by default.
    const text = (data as Buffer).toString()
    for (const client of subscribers) client.send(text)
  }
}

function onPong(this: WebSocket): void {
  heard.add(this)
}

function onClose(this: WebSocket): void {
  subscribers.delete(this)
}

/** The close follows. */
function ignore(): void {}
