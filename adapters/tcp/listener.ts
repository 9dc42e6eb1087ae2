import { createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Connection, type ConnectionOptions } from '../../src/http1/connection.ts'
import { HeaderCache } from '../../src/http1/header-cache.ts'
import { defaultLimits, type Limits } from '../../src/http1/limits.ts'
import type { Refusal } from '../../src/http1/refusal.ts'
import type { Peer } from '../../src/http1/transport.ts'
import { bufferCodec } from './buffer-codec.ts'
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

/** Connections that wait to be accepted; a crowd that comes back at once beyond it would be told to try again in a second. */
export const backlogMax = 4096
/** How often clocks go forward and late ones are looked for. */
const sweepMs = 500

/** Accepts connections, counts them, and looks after them. */
export class Listener {
  readonly #limits: Limits
  readonly #shared: ConnectionOptions
  readonly #server: NetServer
  readonly #isSecure: boolean
  readonly #letIn: AcceptMessages | null
  readonly #connections = new Map<ServedSocket, Connection>()
  /** Those that do not speak HTTP, or not any more; null where nothing is told to them from here. */
  readonly #guests = new Map<ServedSocket, SocketOwner | null>()
  #count = 0
  readonly #perAddress = new Map<string, number>()
  /** With TLS, sockets that are not connections yet, by their other end. */
  readonly #handshaking = new Map<string, Socket>()
  readonly #sweep: ReturnType<typeof setInterval>
  readonly #closed = Promise.withResolvers<void>()

  /** @param letIn takes what its first byte says is no HTTP */
  constructor(options: ServeOptions, letIn: AcceptMessages | null = null) {
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#isSecure = options.tls !== undefined
    this.#letIn = letIn
    this.#shared = { ...shared(options, this.#limits), upgrade: this.#upgradeBy(options) }
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
        // Who is gone by now has no address any more.
        if (plain === undefined) socket.destroy()
        else this.#acceptPlain(socket, plain)
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
    if (this.#connections.has(socket)) readPlainly(socket)
  }

  /** @param under the plain socket under one with TLS */
  #accept(socket: ServedSocket, under: Socket): void {
    const address = socket.remoteAddress ?? ''
    socket.on('error', ignore)
    if (!this.#isSecure && !this.#enter(address)) {
      socket.end(tooMany, 'latin1', () => socket.destroy())
      return
    }
    const peer = { address: address === '' ? null : address, isSecure: this.#isSecure }
    const connection = new Connection(this.#shared, new SocketTransport(socket, under, peer))
    attach(socket, this.#letIn === null ? connection : this.#await(socket, connection, peer))
    this.#connections.set(socket, connection)
    this.#lookAfter(socket, address)
  }

  /** In a function of its own, because it lasts as long as the socket: it shall not keep the connection. */
  #lookAfter(socket: ServedSocket, address: string): void {
    socket.on('close', () => this.#forget(socket, address))
  }

  #await(socket: ServedSocket, connection: Connection, peer: Peer): FirstByte {
    return new FirstByte((byte) => {
      const guest = socket.writable ? this.#letIn?.(byte, socket, peer, this.#shared.authority) : null
      const occupant = guest ?? connection
      passOn(socket, occupant)
      if (guest) {
        connection.closed()
        this.#release(socket, guest)
      }
      return occupant
    })
  }

  /** It is HTTP's no more. */
  #release(socket: ServedSocket, guest: SocketOwner | null): void {
    this.#connections.delete(socket)
    this.#guests.set(socket, guest)
  }

  #upgradeBy({ upgrade }: ServeOptions): ConnectionOptions['upgrade'] {
    if (upgrade === undefined) return undefined
    return (request, transport, rest) => {
      const { socket } = transport as SocketTransport
      const isTaken = handOver(upgrade, request, transport as SocketTransport, rest)
      if (isTaken && !socket.closed) this.#release(socket, null)
      return isTaken
    }
  }

  #forget(socket: ServedSocket, address: string): void {
    const occupant = this.#connections.get(socket) ?? this.#guests.get(socket)
    occupant?.closed()
    this.#connections.delete(socket)
    this.#guests.delete(socket)
    if (!this.#isSecure) this.#leave(address)
    this.#endIfEmpty()
  }

  /** False when there are too many connections. */
  #enter(address: string): boolean {
    const place = networkOf(address)
    const count = this.#perAddress.get(place) ?? 0
    if (this.#count >= this.#limits.connectionsMax || count >= this.#limits.connectionsPerAddressMax) return false
    this.#count += 1
    this.#perAddress.set(place, count + 1)
    return true
  }

  #leave(address: string): void {
    const place = networkOf(address)
    const count = (this.#perAddress.get(place) ?? 1) - 1
    this.#count -= 1
    if (count === 0) this.#perAddress.delete(place)
    else this.#perAddress.set(place, count)
  }

  #look(): void {
    const { clock } = this.#shared
    const nowMs = performance.now()
    const stepMs = nowMs - clock.nowMs
    clock.nowMs = nowMs
    clock.date = dateLine()
    for (const [socket, connection] of this.#connections) {
      try {
        connection.sweep(stepMs)
      } catch (error) {
        // A fault of ours with one of them must not keep the others waiting.
        this.#shared.onError(error, null)
        socket.destroy()
      }
    }
  }

  #breakOff(): void {
    for (const socket of [...this.#connections.keys(), ...this.#guests.keys()]) socket.destroy()
  }

  #endIfEmpty(): void {
    if (!this.#shared.isClosing || this.#connections.size + this.#guests.size > 0) return
    clearInterval(this.#sweep)
    this.#closed.resolve()
  }
}

const ipv6Parts = 8
/** Of an address of IPv6, what one customer of a provider has is a /64: as many of its parts. */
const networkParts = 4

/** The address, or for IPv6 its network, which is whose connections are counted. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address
  const [head = '', tail = ''] = address.split('::')
  const parts = (text: string) => (text === '' ? [] : text.split(':'))
  const missing = ipv6Parts - parts(head).length - parts(tail).length
  const all = [...parts(head), ...Array.from({ length: missing }, () => '0'), ...parts(tail)]
  return all.slice(0, networkParts).join(':')
}

/** The other end of a socket; it tells a TLS socket and the plain one under it from all others. */
function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function shared(options: ServeOptions, limits: Limits): ConnectionOptions {
  const { fetch, tls, refuse = refuseInWords, onError = report } = options
  return {
    limits,
    fetch,
    refuse,
    onError,
    clock: { nowMs: performance.now(), date: dateLine() },
    isDraining: false,
    isClosing: false,
    scheme: tls === undefined ? 'http' : 'https',
    authority: 'localhost',
    memo: new HeaderCache(bufferCodec),
    spare: { line: null, fields: null },
    codec: bufferCodec,
    defer: (task) => setImmediate(task),
  }
}

/** With the empty line that ends a head, because it is the last one. */
function dateLine(): string {
  return `date: ${new Date().toUTCString()}\r\n\r\n`
}

const tooMany = 'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

function refuseInWords({ status, message }: Refusal): Response {
  return new Response(`${message}\n`, { status })
}

function report(error: unknown): void {
  console.error(error)
}
