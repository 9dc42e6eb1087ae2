/** WebSockets on Deno's own HTTP server. */

import { cborFormat } from '../../src/connections/cbor-format.ts'
import type { Channel } from '../../src/connections/channel.ts'
import type { Encoded, Format } from '../../src/connections/format.ts'
import { jsonFormat } from '../../src/connections/json-format.ts'
import { messageBytesMax } from '../../src/connections/limits.ts'
import { chooseProtocol, protocols } from '../../src/connections/upgrade.ts'
import type { Peer } from '../../src/request/context.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import type { ChannelConnection, MessageServer } from '../process/listening.ts'
import { blockedBytes, unsentBytesMax } from '../tcp/socket-channel.ts'

/** Deno has no drain event, so blocked channels are checked this often. */
const drainCheckMs = 50
/** A client that does not answer the close frame is disconnected after this. */
const closeTimeoutMs = 5000

const [, cborProtocol] = protocols

/** The part of Deno that is used here. */
declare const Deno: {
  upgradeWebSocket(
    request: Request,
    options: { protocol?: string; idleTimeout: number },
  ): { socket: WebSocket; response: Response }
}

class DenoWebSocketChannel implements Channel {
  readonly format: Format
  connection: ChannelConnection | null = null
  isBlocked = false
  readonly #webSocket: WebSocket

  constructor(webSocket: WebSocket, format: Format) {
    this.#webSocket = webSocket
    this.format = format
  }

  get isDrained(): boolean {
    return this.#webSocket.bufferedAmount === 0
  }

  send(message: Encoded): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return
    this.#webSocket.send(message as string | Uint8Array<ArrayBuffer>)
    this.#watch()
  }

  sendEvents(events: readonly TopicEvent[]): void {
    for (const event of events) this.send(event.as(this.format.event))
  }

  /** Deno has no method for a ping frame, so this sends the ping message. */
  ping(): void {
    this.send(this.format.ping)
  }

  close(code: number, reason: string): void {
    blocked.delete(this)
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.close(code, reason)
  }

  receive(data: string | ArrayBuffer): void {
    const message = typeof data === 'string' ? data : new Uint8Array(data)
    this.connection?.charge(1, message.length)
    if (message.length > messageBytesMax) this.connection?.end(1009, 'The message is too large.')
    else this.connection?.receive(message)
  }

  closed(): void {
    blocked.delete(this)
    this.connection?.closed()
  }

  drained(): void {
    this.isBlocked = false
    this.connection?.drained()
  }

  #watch(): void {
    const { bufferedAmount } = this.#webSocket
    if (bufferedAmount <= blockedBytes) return
    this.isBlocked = true
    awaitDrain(this)
    // Deno can't pause reading, so this bounds the responses.
    if (bufferedAmount > unsentBytesMax) this.connection?.end(1013, 'The client does not read its responses.')
  }
}

const blocked = new Set<DenoWebSocketChannel>()
let timer: ReturnType<typeof setInterval> | undefined

function awaitDrain(channel: DenoWebSocketChannel): void {
  blocked.add(channel)
  timer ??= setInterval(checkBlocked, drainCheckMs)
}

function checkBlocked(): void {
  for (const channel of blocked) {
    if (!channel.isDrained) continue
    blocked.delete(channel)
    channel.drained()
  }
  if (blocked.size > 0) return
  clearInterval(timer)
  timer = undefined
}

export interface DenoWebSockets {
  /** Opens a WebSocket for a request that the app admits, and returns the response. */
  accept(request: Request, peer: Peer): Response
  /** Resolves when all are closed, or after the time-out. */
  closed(): Promise<void>
}

export function createDenoWebSockets(app: Pick<MessageServer, 'connections'>): DenoWebSockets {
  const open = new Set<WebSocket>()
  const { promise: isEmpty, resolve: empty } = Promise.withResolvers<void>()
  let isClosing = false

  function follow(socket: WebSocket, channel: DenoWebSocketChannel, begin: () => ChannelConnection): void {
    open.add(socket)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      channel.connection = begin()
    }
    socket.onmessage = ({ data }) => channel.receive(data as string | ArrayBuffer)
    socket.onclose = () => {
      channel.closed()
      open.delete(socket)
      if (isClosing && open.size === 0) empty()
    }
  }

  return {
    accept(request, peer) {
      const protocol = request.headers.has('sec-websocket-protocol') ? chooseProtocol(request.headers) : null
      const options = protocol === null ? {} : { protocol }
      const { socket, response } = Deno.upgradeWebSocket(request, { ...options, idleTimeout: 0 })
      const { host: authority } = new URL(request.url)
      const channel = new DenoWebSocketChannel(socket, protocol === cborProtocol ? cborFormat : jsonFormat)
      follow(socket, channel, () => app.connections.open(channel, peer, { authority }))
      return response
    },
    async closed() {
      isClosing = true
      if (open.size > 0) await Promise.race([isEmpty, new Promise((done) => setTimeout(done, closeTimeoutMs))])
    },
  }
}
