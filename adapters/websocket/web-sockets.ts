/** WebSockets on sockets of Node, by the package `ws`. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type RawData, type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { messageBytesMax } from '../../src/connections/limits.ts'
import { protocols } from '../../src/connections/upgrade.ts'
import type { Peer } from '../../src/request/context.ts'
import type { MessageServer } from '../process/listening.ts'
import { MessageWebSocket, WebSocketChannel } from './channel.ts'

/** A client that does not answer the close frame is disconnected after this. */
const closeTimeout = 5000
/** Messages up to this size are read, so that their sender gets the reason before the close code. Beyond it the close code is all. */
const payloadBytesMax = 2 * messageBytesMax

/** A request for a WebSocket, in the forms of Node and of the Web, with its socket. */
export interface Upgrade {
  incoming: Pick<IncomingMessage, 'method' | 'headers'>
  request: Request
  socket: Socket
  /** Bytes that came after the request. */
  head: Buffer
}

/** Opens a WebSocket for a request that the app admits. */
export type AcceptWebSocket = (upgrade: Upgrade, peer: Peer) => void

export function createWebSockets(app: Pick<MessageServer, 'connections'>): AcceptWebSocket {
  const options: ServerOptions<typeof MessageWebSocket> & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: payloadBytesMax,
    closeTimeout,
    WebSocket: MessageWebSocket,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  }
  const server = new WebSocketServer(options)
  return ({ incoming, request, socket, head }, peer) => {
    const { host: authority } = new URL(request.url)
    server.handleUpgrade(incoming as IncomingMessage, socket, head, (webSocket) => {
      const channel = new WebSocketChannel(webSocket, socket)
      webSocket.channel = channel
      listen(webSocket)
      channel.connection = app.connections.open(channel, peer, { authority })
    })
  }
}

function listen(webSocket: MessageWebSocket): void {
  webSocket.on('message', onMessage)
  webSocket.on('ping', onActivity)
  webSocket.on('pong', onActivity)
  webSocket.on('close', onClose)
  webSocket.on('error', ignore)
}

/** `ws` gives a whole message as one Buffer by default. */
function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  const bytes = data as Buffer
  const channel = channelOf(this)
  if (bytes.length > messageBytesMax) channel?.failed(1009)
  else channel?.receive(isBinary ? bytes : bytes.toString())
}

function onActivity(this: WebSocket): void {
  channelOf(this)?.connection?.heard()
}

function onClose(this: WebSocket): void {
  channelOf(this)?.connection?.closed()
}

/** The channel has sent the client its error, and the close follows. */
function ignore(): void {}

function channelOf(webSocket: WebSocket): WebSocketChannel | null {
  return (webSocket as MessageWebSocket).channel
}
