import { createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { ConnectionOptions } from '../../src/http1/connection-options.ts'
import { HeaderCache } from '../../src/http1/header-cache.ts'
import { HttpConnection } from '../../src/http1/http-connection.ts'
import type { HttpError } from '../../src/http1/http-error.ts'
import { defaultLimits, type Limits } from '../../src/http1/limits.ts'
import type { Peer } from '../../src/http1/transport.ts'
import { bufferCodec } from './buffer-codec.ts'
import { ConnectionCounts } from './connection-counts.ts'
import { type AcceptMessages, FirstByte } from './first-byte.ts'
import type { ServeOptions } from './options.ts'
import {
  attach,
  handOver,
  ignore,
  passOn,
  readPlainly,
  type ServedSocket,
  type SocketOwner,
  SocketTransport,
  shareReadBuffer,
} from './socket.ts'
import { boundUnsentBytes } from './unsent-bytes.ts'

/** Connections that wait to be accepted. Clients beyond it, when many come back at once, would try again a second later. */
export const backlogMax = 4096
/** How often the clock advances and time limits are checked. */
const sweepMs = 500

/** Accepts connections, counts them, checks their time limits, and closes them. */
export class Listener {
  readonly #limits: Limits
  readonly #shared: ConnectionOptions
  readonly #server: NetServer
  readonly #isSecure: boolean
  readonly #acceptMessages: AcceptMessages | null
  readonly #connections = new Map<ServedSocket, HttpConnection>()
  /** Sockets of other protocols; null where the protocol listens to its socket itself. */
  readonly #handedOver = new Map<ServedSocket, SocketOwner | null>()
  readonly #counts: ConnectionCounts
  /** With TLS, sockets whose handshake is under way, by their remote end. */
  readonly #handshaking = new Map<string, Socket>()
  readonly #sweep: ReturnType<typeof setInterval>
  readonly #closed = Promise.withResolvers<void>()

  /** @param acceptMessages takes over connections whose first byte is not one of HTTP */
  constructor(options: ServeOptions, acceptMessages: AcceptMessages | null = null) {
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#isSecure = options.tls !== undefined
    this.#acceptMessages = acceptMessages
    this.#counts = new ConnectionCounts(this.#limits)
    this.#shared = { ...shared(options, this.#limits), upgrade: this.#upgradeBy(options) }
    this.#server = this.#createServer(options)
    this.#sweep = setInterval(() => this.#sweepConnections(), sweepMs)
    this.#sweep.unref()
  }

  listen({ port, hostname = 'localhost' }: ServeOptions): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        clearInterval(this.#sweep)
        reject(error)
      }
      this.#server.once('error', fail)
      this.#server.listen(port, hostname, backlogMax, () => {
        const { port: actual } = this.#server.address() as { port: number }
        this.#shared.authority = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${actual}`
        this.#server.off('error', fail)
        this.#server.on('error', (error) => this.#shared.onError(error, null))
        if (!this.#isSecure) shareReadBuffer(this.#server, (socket) => this.#accept(socket, socket))
        resolve(actual)
      })
    })
  }

  drain(): void {
    this.#shared.isDraining = true
  }

  close(graceMs: number): Promise<void> {
    if (!this.#shared.isClosing) {
      this.#shared.isClosing = true
      this.drain()
      this.#server.close()
      for (const connection of this.#connections.values()) connection.closeIfIdle()
      for (const socket of this.#handshaking.values()) socket.destroy()
      this.#endIfEmpty()
    }
    const force = setTimeout(() => this.#destroyAll(), graceMs)
    void this.#closed.promise.then(() => clearTimeout(force))
    return this.#closed.promise
  }

  #createServer({ tls }: ServeOptions): NetServer {
    if (tls === undefined) {
      return createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#acceptUnshared(socket))
    }
    const { cert, key } = tls as { cert: string | Buffer; key: string | Buffer }
    const { headTimeoutMs: handshakeTimeout } = this.#limits
    const server = createTlsServer(
      { cert, key, ALPNProtocols: ['http/1.1', 'http/1.0'], allowHalfOpen: true, noDelay: true, handshakeTimeout },
      (socket) => {
        const end = remoteEndOf(socket)
        const plain = this.#handshaking.get(end)
        this.#handshaking.delete(end)
        // A client that is gone by now has no address any more.
        if (plain === undefined) socket.destroy()
        else this.#acceptUnshared(socket, plain)
      },
    )
    server.on('tlsClientError', (_, socket) => socket.destroy())
    return server.on('connection', (socket) => this.#awaitHandshake(socket))
  }

  /** Counts a connection from its first moment, which is before its handshake. */
  #awaitHandshake(socket: Socket): void {
    const end = remoteEndOf(socket)
    const address = socket.remoteAddress ?? ''
    socket.on('error', ignore)
    if (!this.#counts.add(address)) {
      socket.destroy()
      return
    }
    this.#handshaking.set(end, socket)
    socket.on('close', () => {
      this.#handshaking.delete(end)
      this.#counts.remove(address)
    })
  }

  /** Accepts a socket that reads into its own buffers: with TLS, and on a runtime without a shared one. */
  #acceptUnshared(socket: ServedSocket, under: Socket = socket): void {
    this.#accept(socket, under)
    if (this.#connections.has(socket)) readPlainly(socket)
  }

  /** @param under the plain socket under one with TLS */
  #accept(socket: ServedSocket, under: Socket): void {
    const address = socket.remoteAddress ?? ''
    socket.on('error', ignore)
    if (!this.#isSecure && !this.#counts.add(address)) {
      socket.end(tooMany, 'latin1', () => socket.destroy())
      return
    }
    const peer = { address: address === '' ? null : address, port: socket.remotePort, isSecure: this.#isSecure }
    const connection = new HttpConnection(this.#shared, new SocketTransport(socket, under, peer))
    attach(socket, this.#acceptMessages === null ? connection : this.#awaitFirstByte(socket, connection, peer))
    this.#connections.set(socket, connection)
    this.#onClose(socket, address)
  }

  /** A function of its own, so that the listener, which lives as long as the socket, does not keep the connection. */
  #onClose(socket: ServedSocket, address: string): void {
    socket.on('close', () => this.#remove(socket, address))
  }

  #awaitFirstByte(socket: ServedSocket, connection: HttpConnection, peer: Peer): FirstByte {
    return new FirstByte((byte) => {
      const messages = socket.writable ? this.#acceptMessages?.(byte, socket, peer, this.#shared.authority) : null
      const owner = messages ?? connection
      passOn(socket, owner)
      if (messages) {
        connection.closed()
        this.#handOver(socket, messages)
      }
      return owner
    })
  }

  /** Another protocol has the socket. */
  #handOver(socket: ServedSocket, owner: SocketOwner | null): void {
    this.#connections.delete(socket)
    this.#handedOver.set(socket, owner)
  }

  #upgradeBy({ upgrade }: ServeOptions): ConnectionOptions['upgrade'] {
    if (upgrade === undefined) return undefined
    return (request, transport, rest) => {
      const { socket } = transport as SocketTransport
      const isTaken = handOver(upgrade, request, transport as SocketTransport, rest)
      if (isTaken && !socket.closed) this.#handOver(socket, null)
      return isTaken
    }
  }

  #remove(socket: ServedSocket, address: string): void {
    const owner = this.#connections.get(socket) ?? this.#handedOver.get(socket)
    owner?.closed()
    this.#connections.delete(socket)
    this.#handedOver.delete(socket)
    if (!this.#isSecure) this.#counts.remove(address)
    this.#endIfEmpty()
  }

  #sweepConnections(): void {
    const { clock } = this.#shared
    const nowMs = performance.now()
    const stepMs = nowMs - clock.nowMs
    clock.nowMs = nowMs
    clock.date = dateLine()
    boundUnsentBytes(this.#sockets())
    for (const [socket, connection] of this.#connections) {
      try {
        connection.sweep(stepMs)
      } catch (error) {
        // A bug with one of them must not keep the others waiting.
        this.#shared.onError(error, null)
        socket.destroy()
      }
    }
  }

  *#sockets(): Generator<ServedSocket> {
    yield* this.#connections.keys()
    yield* this.#handedOver.keys()
  }

  #destroyAll(): void {
    for (const socket of this.#sockets()) socket.destroy()
  }

  #endIfEmpty(): void {
    if (!this.#shared.isClosing || this.#connections.size + this.#handedOver.size > 0) return
    clearInterval(this.#sweep)
    this.#closed.resolve()
  }
}

/** The remote end of a socket, by which a TLS socket and the plain one under it find each other. */
function remoteEndOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function shared(options: ServeOptions, limits: Limits): ConnectionOptions {
  const { fetch, tls, errorResponse = textResponse, onError = report } = options
  return {
    limits,
    fetch,
    errorResponse,
    onError,
    clock: { nowMs: performance.now(), date: dateLine() },
    isDraining: false,
    isClosing: false,
    scheme: tls === undefined ? 'http' : 'https',
    authority: 'localhost',
    headerCache: new HeaderCache(bufferCodec),
    spare: { line: null, fields: null },
    codec: bufferCodec,
    defer: (task) => setImmediate(task),
  }
}

/** The last line of a head, with the empty line that ends it. */
function dateLine(): string {
  return `date: ${new Date().toUTCString()}\r\n\r\n`
}

const tooMany = 'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

function textResponse({ status, message }: HttpError): Response {
  return new Response(`${message}\n`, { status })
}

function report(error: unknown): void {
  console.error(error)
}
