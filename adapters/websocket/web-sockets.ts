/** WebSockets on sockets of Node, by the package `ws`. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type RawData, type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { messageBytesMax } from '../../src/connections/limits.ts'
import { protocols } from '../../src/connections/subprotocols.ts'
import type { Peer } from '../../src/request/context.ts'
import type { MessageServer } from '../process/listening.ts'
import { SessionWebSocket, WebSocketChannel } from './channel.ts'

/** A client that does not answer the closing of its WebSocket is cut after this. */
const closeTimeout = 5000
/** Messages up to this size are read, so that their sender gets the reason before the close code. Beyond it the close code is all. */
const payloadBytesMax = 2 * messageBytesMax

/** A request that wants a WebSocket, as Node and as the Web have it, and the socket that it came on. */
export interface Upgrade {
  incoming: Pick<IncomingMessage, 'method' | 'headers'>
  request: Request
  socket: Socket
  /** What came after the request. */
  head: Buffer
}

/** Makes WebSockets of those requests that the app admits for this peer. */
export type AcceptWebSocket = (upgrade: Upgrade, peer: Peer) => void

export function createWebSockets(app: Pick<MessageServer, 'connections'>): AcceptWebSocket {
  const options: ServerOptions<typeof SessionWebSocket> & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: payloadBytesMax,
    closeTimeout,
    WebSocket: SessionWebSocket,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  }
  const server = new WebSocketServer(options)
  return ({ incoming, request, socket, head }, peer) => {
    const { host: authority } = new URL(request.url)
    server.handleUpgrade(incoming as IncomingMessage, socket, head, (webSocket) => {
      const channel = new WebSocketChannel(webSocket, socket)
      webSocket.channel = channel
      listen(webSocket)
      channel.session = app.connections.open(channel, peer, { authority })
    })
  }
}

function listen(webSocket: SessionWebSocket): void {
  webSocket.on('message', onMessage)
  webSocket.on('ping', onHeard)
  webSocket.on('pong', onHeard)
  webSocket.on('close', onClose)
  webSocket.on('error', ignore)
}

/** `ws` gives whole messages as one Buffer unless it is told otherwise. */
function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  const bytes = data as Buffer
  const channel = channelOf(this)
  if (bytes.length > messageBytesMax) channel?.failed(1009)
  else channel?.receive(isBinary ? bytes : bytes.toString())
}

function onHeard(this: WebSocket): void {
  channelOf(this)?.session?.heard()
}

function onClose(this: WebSocket): void {
  channelOf(this)?.session?.closed()
}

/** A fault of the client is told to it by the channel, and the end follows. */
function ignore(): void {}

function channelOf(webSocket: WebSocket): WebSocketChannel | null {
  return (webSocket as SessionWebSocket).channel
}
