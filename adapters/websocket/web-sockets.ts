/** WebSockets on sockets of Node. */
import type { Socket } from 'node:net'
import { cborFormat } from '../../src/connections/cbor-format.ts'
import { jsonFormat } from '../../src/connections/json-format.ts'
import { chooseProtocol, protocols } from '../../src/connections/upgrade.ts'
import type { Peer } from '../../src/request/context.ts'
import type { MessageServer } from '../process/listening.ts'
import { WebSocketChannel } from './channel.ts'
import { handshakeResponse } from './handshake.ts'

const [, cborProtocol] = protocols

/** A request for a WebSocket, with its socket. */
interface Upgrade {
  request: Request
  socket: Socket
  /** Bytes that came after the request. */
  head: Uint8Array
}

/** Opens a WebSocket for a request that the app admits. */
export type AcceptWebSocket = (upgrade: Upgrade, peer: Peer) => void

export function createWebSockets(app: Pick<MessageServer, 'connections'>): AcceptWebSocket {
  return ({ request, socket, head }, peer) => {
    const format = chooseProtocol(request.headers) === cborProtocol ? cborFormat : jsonFormat
    const { host: authority } = new URL(request.url)
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket.write(handshakeResponse(request))
    const channel = new WebSocketChannel(format, socket)
    listen(socket, channel)
    channel.connection = app.connections.open(channel, peer, { authority })
    if (head.byteLength > 0) channel.push(head)
  }
}

function listen(socket: Socket, channel: WebSocketChannel): void {
  socket.on('data', (bytes: Buffer) => channel.push(bytes))
  socket.on('end', () => channel.ended())
  socket.on('close', () => channel.closed())
  // An error is always followed by the close.
  socket.on('error', () => {})
}
