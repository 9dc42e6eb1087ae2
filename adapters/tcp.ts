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
  /** Hears of what the handler throws and of answers that break off; writes them to the console by default. */
  onError?(error: unknown, request: Request): void
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
  /** Node's own, to see how much the kernel has taken. */
  _handle?: { writeQueueSize?: number } | null
}

class SocketTransport implements Transport {
  readonly socket: ServedSocket
  readonly peer: Peer

  constructor(socket: ServedSocket, peer: Peer) {
    this.socket = socket
    this.peer = peer
  }

  get pendingBytes(): number {
    return this.socket.writableLength + (this.socket._handle?.writeQueueSize ?? 0)
  }

  write(data: string | Uint8Array): boolean {
    const { socket } = this
    if (socket.destroyed || socket.writableEnded) return true
    return typeof data === 'string' ? socket.write(data, 'latin1') : socket.write(data)
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
  readonly #perAddress = new Map<string, number>()
  readonly #sweep: ReturnType<typeof setInterval>
  #isClosing = false
  readonly #closed = Promise.withResolvers<void>()

  constructor(options: ServeOptions) {
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#isSecure = options.tls !== undefined
    this.#shared = shared(options, this.#limits)
    this.#server = this.#createServer(options)
    this.#server.maxConnections = this.#limits.connectionsMax
    this.#sweep = setInterval(() => this.#look(), sweepMs)
    this.#sweep.unref()
  }

  listen({ port, hostname }: ServeOptions): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => {
        clearInterval(this.#sweep)
        reject(error)
      })
      this.#server.listen(port, hostname, () => {
        if (!this.#isSecure) shareReadBuffer(this.#server, (socket) => this.#accept(socket))
        resolve((this.#server.address() as { port: number }).port)
      })
    })
  }

  drain(): void {
    this.#shared.isDraining = true
  }

  close(graceMs: number): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      this.drain()
      this.#server.close()
      for (const connection of this.#connections.values()) connection.closeIfIdle()
      const force = setTimeout(() => this.#breakOff(), graceMs)
      void this.#closed.promise.then(() => clearTimeout(force))
      this.#endIfEmpty()
    }
    return this.#closed.promise
  }

  #createServer({ tls }: ServeOptions): NetServer {
    if (tls === undefined) {
      return createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#acceptPlain(socket))
    }
    const { cert, key } = tls as { cert: string | Buffer; key: string | Buffer }
    const { headTimeoutMs: handshakeTimeout } = this.#limits
    return createTlsServer(
      { cert, key, ALPNProtocols: ['http/1.1'], allowHalfOpen: true, noDelay: true, handshakeTimeout },
      (socket) => this.#acceptPlain(socket),
    )
  }

  /** Where sockets bring buffers of their own: with TLS, and on a runtime without shared ones. */
  #acceptPlain(socket: ServedSocket): void {
    this.#accept(socket)
    socket.on('data', (bytes: Buffer) => {
      if (socket[connectionKey]) socket[connectionKey].receive(bytes, 0, bytes.length)
    })
  }

  #accept(socket: ServedSocket): void {
    const address = socket.remoteAddress ?? null
    const count = this.#perAddress.get(address ?? '') ?? 0
    socket.on('error', ignore)
    if (this.#connections.size >= this.#limits.connectionsMax || count >= this.#limits.connectionsPerAddressMax) {
      socket.end(tooMany, 'latin1', () => socket.destroy())
      return
    }
    this.#perAddress.set(address ?? '', count + 1)
    const transport = new SocketTransport(socket, { address, isSecure: this.#isSecure })
    const connection = new Connection(this.#shared, transport)
    socket[connectionKey] = connection
    this.#connections.set(socket, connection)
    socket.on('end', onEnd)
    socket.on('drain', onDrain)
    socket.on('close', () => this.#forget(socket, address ?? ''))
  }

  #forget(socket: ServedSocket, address: string): void {
    this.#connections.get(socket)?.closed()
    this.#connections.delete(socket)
    const count = (this.#perAddress.get(address) ?? 1) - 1
    if (count === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, count)
    this.#endIfEmpty()
  }

  #look(): void {
    const { clock } = this.#shared
    const nowMs = performance.now()
    const stepMs = nowMs - clock.nowMs
    clock.nowMs = nowMs
    clock.date = new Date().toUTCString()
    for (const connection of this.#connections.values()) connection.sweep(stepMs)
  }

  #breakOff(): void {
    for (const socket of this.#connections.keys()) socket.destroy()
  }

  #endIfEmpty(): void {
    if (!this.#isClosing || this.#connections.size > 0) return
    clearInterval(this.#sweep)
    this.#closed.resolve()
  }
}

function shared(options: ServeOptions, limits: Limits): ConnectionOptions {
  const { fetch, tls, port, hostname, refuse = refuseInWords, onError = report, upgrade } = options
  return {
    limits,
    fetch,
    refuse,
    onError,
    upgrade: upgrade && ((request, transport, rest) => handOver(upgrade, request, transport as SocketTransport, rest)),
    clock: { nowMs: performance.now(), date: new Date().toUTCString() },
    isDraining: false,
    scheme: tls === undefined ? 'http' : 'https',
    authority: `${hostname ?? 'localhost'}:${port}`,
    memo: new HeaderMemo(),
    spare: { line: null, fields: null },
    codec: {
      latin1: (bytes, start, end) => Buffer.prototype.latin1Slice.call(bytes, start, end),
      utf8Length: (text) => Buffer.byteLength(text),
    },
    defer: (task) => setImmediate(task),
  }
}

function handOver(
  upgrade: NonNullable<ServeOptions['upgrade']>,
  request: Request,
  { socket }: SocketTransport,
  rest: Uint8Array,
): boolean {
  const connection = socket[connectionKey] as Connection
  socket[connectionKey] = null
  const isTaken = upgrade(request, socket, Buffer.from(rest))
  if (!isTaken) socket[connectionKey] = connection
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
