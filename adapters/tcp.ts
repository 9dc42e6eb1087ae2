/**
 * The HTTP/1.1 server on TCP and TLS sockets, for Node and Deno alike.
 */
import { createServer as createTcpServer, type Server as NetServer, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Connection, type ConnectionOptions, type FetchHandler } from '../src/http1/connection.ts'
import { installLightObjects } from '../src/http1/globals.ts'
import { HeaderMemo } from '../src/http1/header-memo.ts'
import { defaultLimits, type Limits } from '../src/http1/limits.ts'
import type { Refusal } from '../src/http1/refusal.ts'
import type { Peer, Transport } from '../src/http1/transport.ts'

import { bufferCodec } from './buffer-codec.ts'

export type { FetchHandler } from '../src/http1/connection.ts'
export type { Limits } from '../src/http1/limits.ts'
export { Refusal } from '../src/http1/refusal.ts'
export type { Peer } from '../src/http1/transport.ts'

export interface ServeOptions {
  /** Answers each request. What it throws becomes a 500. */
  fetch: FetchHandler
  /** 0 for any free one. */
  port: number
  hostname?: string
  /** Certificate and key in PEM, to serve HTTPS. */
  tls?: { cert: string | Uint8Array; key: string | Uint8Array }
  /** What differs from `defaultLimits`. */
  limits?: Partial<Limits>
  /** Closes the server when it is aborted. */
  signal?: AbortSignal
  /** The answer to what is no request: a Response of text or bytes. */
  refuse?(refusal: Refusal): Response
  /**
   * Hears of what the handler throws, of answers that break off, and, without a request, of connections that the system
   * does not hand over. Writes them to the console by default.
   */
  onError?(error: unknown, request: Request | null): void
  /**
   * Is asked about each request that wants another protocol (RFC 9110 §7.8). True takes the socket over, with the
   * bytes that came after the request; false leaves it to `fetch`.
   */
  upgrade?(request: Request, socket: Socket, head: Buffer): boolean
}

export interface Server {
  port: number
  /** Ends each connection with its next answer. */
  drain(): void
  /**
   * Takes no more connections, closes idle ones, and resolves when the others are answered; after so many milliseconds
   * it breaks them off.
   */
  close(graceMs?: number): Promise<void>
}

/** One for all sockets: what arrives is dealt with or copied before the next read. */
const readBufferBytes = 64 * 1024
/** How often clocks go forward and late ones are looked for. */
const sweepMs = 500
const closeGraceMs = 15_000

/**
 * Serves a fetch handler over HTTP/1.1 (RFC 9110, RFC 9112). From then on the global `Response` and `Request` are light ones.
 * @throws the socket's error when it can't listen, such as EADDRINUSE
 */
export async function serve(options: ServeOptions): Promise<Server> {
  installLightObjects()
  const listener = new Listener(options)
  const port = await listener.listen(options)
  const server: Server = {
    port,
    drain: () => listener.drain(),
    close: (graceMs = closeGraceMs) => listener.close(graceMs),
  }
  const { signal } = options
  if (signal?.aborted) void server.close()
  signal?.addEventListener('abort', () => void server.close(), { once: true })
  return server
}

const connectionKey = Symbol('galley.connection')

/** A socket that tells its connection; null once another protocol has it. */
interface ServedSocket extends Socket {
  [connectionKey]?: Connection | null
  /** Node's own, to see how much the kernel has taken of a write. */
  _bytesDispatched?: number
  _handle?: { writeQueueSize?: number } | null
}

class SocketTransport implements Transport {
  readonly socket: ServedSocket
  readonly peer: Peer
  /** The plain socket under one with TLS, which alone can be reset. */
  readonly #under: Socket

  constructor(socket: ServedSocket, under: Socket, peer: Peer) {
    this.socket = socket
    this.#under = under
    this.peer = peer
  }

  get isPending(): boolean {
    return this.socket.writableLength > 0
  }

  get takenBytes(): number {
    const { socket } = this
    return (socket._bytesDispatched ?? socket.bytesWritten) - (socket._handle?.writeQueueSize ?? 0)
  }

  write(data: string | Uint8Array): boolean {
    return typeof data === 'string' ? this.socket.write(data, 'latin1') : this.socket.write(data)
  }

  cork(): void {
    this.socket.cork()
  }

  uncork(): void {
    this.socket.uncork()
  }

  end(): void {
    this.socket.end()
  }

  destroy(): void {
    this.socket.destroy()
  }

  reset(): void {
    // A socket whose end is on its way can't be reset any more: it would never close.
    if (this.socket.writableEnded) this.socket.destroy()
    else this.#under.resetAndDestroy()
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }
}

/** Accepts connections, counts them, and looks after them. */
class Listener {
  readonly #limits: Limits
  readonly #shared: ConnectionOptions
  readonly #server: NetServer
  readonly #isSecure: boolean
  readonly #connections = new Map<ServedSocket, Connection>()
  #count = 0
  readonly #perAddress = new Map<string, number>()
  /** With TLS, sockets that are not connections yet, by their other end. */
  readonly #handshaking = new Map<string, Socket>()
  readonly #sweep: ReturnType<typeof setInterval>
  readonly #closed = Promise.withResolvers<void>()

  constructor(options: ServeOptions) {
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#isSecure = options.tls !== undefined
    this.#shared = shared(options, this.#limits)
    this.#server = this.#createServer(options)
    this.#sweep = setInterval(() => this.#look(), sweepMs)
    this.#sweep.unref()
  }

  listen({ port, hostname = 'localhost' }: ServeOptions): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        clearInterval(this.#sweep)
        reject(error)
      }
      this.#server.once('error', fail)
      this.#server.listen(port, hostname, () => {
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
    const force = setTimeout(() => this.#breakOff(), graceMs)
    void this.#closed.promise.then(() => clearTimeout(force))
    return this.#closed.promise
  }

  #createServer({ tls }: ServeOptions): NetServer {
    if (tls === undefined) {
      return createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#acceptPlain(socket))
    }
    const { cert, key } = tls as { cert: string | Buffer; key: string | Buffer }
    const { headTimeoutMs: handshakeTimeout } = this.#limits
    const server = createTlsServer(
      { cert, key, ALPNProtocols: ['http/1.1', 'http/1.0'], allowHalfOpen: true, noDelay: true, handshakeTimeout },
      (socket) => {
        const end = endOf(socket)
        const plain = this.#handshaking.get(end)
        this.#handshaking.delete(end)
        this.#acceptPlain(socket, plain)
      },
    )
    server.on('tlsClientError', (_, socket) => socket.destroy())
    return server.on('connection', (socket) => this.#awaitHandshake(socket))
  }

  /** Counts a connection from its first moment, which is before its handshake. */
  #awaitHandshake(socket: Socket): void {
    const end = endOf(socket)
    const address = socket.remoteAddress ?? ''
    socket.on('error', ignore)
    if (!this.#enter(address)) {
      socket.destroy()
      return
    }
    this.#handshaking.set(end, socket)
    socket.on('close', () => {
      this.#handshaking.delete(end)
      this.#leave(address)
    })
  }

  /** Where sockets bring buffers of their own: with TLS, and on a runtime without shared ones. */
  #acceptPlain(socket: ServedSocket, under: Socket = socket): void {
    this.#accept(socket, under)
    if (socket[connectionKey]) socket.on('data', onData)
  }

  /** @param under the plain socket under one with TLS */
  #accept(socket: ServedSocket, under: Socket): void {
    const address = socket.remoteAddress ?? ''
    socket.on('error', ignore)
    if (!this.#isSecure && !this.#enter(address)) {
      socket.end(tooMany, 'latin1', () => socket.destroy())
      return
    }
    const transport = new SocketTransport(socket, under, {
      address: address === '' ? null : address,
      isSecure: this.#isSecure,
    })
    const connection = new Connection(this.#shared, transport)
    socket[connectionKey] = connection
    this.#connections.set(socket, connection)
    socket.on('end', onEnd)
    socket.on('drain', onDrain)
    socket.on('close', () => this.#forget(socket, address))
  }

  #forget(socket: ServedSocket, address: string): void {
    this.#connections.get(socket)?.closed()
    this.#connections.delete(socket)
    if (!this.#isSecure) this.#leave(address)
    this.#endIfEmpty()
  }

  /** False when there are too many connections. */
  #enter(address: string): boolean {
    const count = this.#perAddress.get(address) ?? 0
    if (this.#count >= this.#limits.connectionsMax || count >= this.#limits.connectionsPerAddressMax) return false
    this.#count += 1
    this.#perAddress.set(address, count + 1)
    return true
  }

  #leave(address: string): void {
    const count = (this.#perAddress.get(address) ?? 1) - 1
    this.#count -= 1
    if (count === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, count)
  }

  #look(): void {
    const { clock } = this.#shared
    const nowMs = performance.now()
    const stepMs = nowMs - clock.nowMs
    clock.nowMs = nowMs
    clock.date = dateLine()
    for (const connection of this.#connections.values()) connection.sweep(stepMs)
  }

  #breakOff(): void {
    for (const socket of this.#connections.keys()) socket.destroy()
  }

  #endIfEmpty(): void {
    if (!this.#shared.isClosing || this.#connections.size > 0) return
    clearInterval(this.#sweep)
    this.#closed.resolve()
  }
}

/** The other end of a socket; it tells a TLS socket and the plain one under it from all others. */
function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function shared(options: ServeOptions, limits: Limits): ConnectionOptions {
  const { fetch, tls, refuse = refuseInWords, onError = report, upgrade } = options
  return {
    limits,
    fetch,
    refuse,
    onError,
    upgrade: upgrade && ((request, transport, rest) => handOver(upgrade, request, transport as SocketTransport, rest)),
    clock: { nowMs: performance.now(), date: dateLine() },
    isDraining: false,
    isClosing: false,
    scheme: tls === undefined ? 'http' : 'https',
    authority: 'localhost',
    memo: new HeaderMemo(bufferCodec),
    spare: { line: null, fields: null },
    codec: bufferCodec,
    defer: (task) => setImmediate(task),
  }
}

/** With the empty line that ends a head, because it is the last one. */
function dateLine(): string {
  return `date: ${new Date().toUTCString()}\r\n\r\n`
}

function handOver(
  upgrade: NonNullable<ServeOptions['upgrade']>,
  request: Request,
  { socket }: SocketTransport,
  rest: Uint8Array,
): boolean {
  const connection = socket[connectionKey] as Connection
  const isFlowing = socket.listenerCount('data') > 0
  socket[connectionKey] = null
  // As nobody had ever read from it: else what is put back before the next reader listens would be lost.
  socket.off('data', onData)
  socket.readableFlowing = null
  let isTaken = false
  try {
    isTaken = upgrade(request, socket, Buffer.from(rest))
  } finally {
    if (!isTaken) socket[connectionKey] = connection
    if (!isTaken && isFlowing) socket.on('data', onData)
  }
  return isTaken
}

/**
 * Makes accepted sockets read into one buffer, which halves the cost of a small request. Node has no public way to say so
 * of accepted sockets; where its inner one is missing nothing changes.
 */
function shareReadBuffer(server: NetServer, accept: (socket: ServedSocket) => void): void {
  const { _handle: listening } = server as { _handle?: { onconnection?: unknown } }
  if (typeof listening?.onconnection !== 'function' || 'Deno' in globalThis) return
  const { onconnection } = listening
  const onread = { buffer: Buffer.allocUnsafeSlow(readBufferBytes), callback: onRead }
  listening.onconnection = function (this: unknown, error: unknown, handle: object | undefined) {
    if (error || handle === undefined) {
      Reflect.apply(onconnection, this, [error, handle])
      return
    }
    const socket = new Socket({ handle, allowHalfOpen: true, onread, readable: true, writable: true } as object)
    socket.setNoDelay(true)
    accept(socket)
  }
}

function onRead(this: ServedSocket, length: number, buffer: Uint8Array): boolean {
  const connection = this[connectionKey]
  if (connection) connection.receive(buffer, 0, length)
  else if (connection === null) return this.push(Buffer.copyBytesFrom(buffer, 0, length))
  return true
}

function onData(this: ServedSocket, bytes: Buffer): void {
  this[connectionKey]?.receive(bytes, 0, bytes.length)
}

function onEnd(this: ServedSocket): void {
  this[connectionKey]?.receiveEnd()
}

function onDrain(this: ServedSocket): void {
  this[connectionKey]?.drained()
}

/** An error is always followed by the end of the socket, and that is what counts. */
function ignore(): void {}

const tooMany = 'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

function refuseInWords({ status, message }: Refusal): Response {
  return new Response(`${message}\n`, { status })
}

function report(error: unknown): void {
  console.error(error)
}
