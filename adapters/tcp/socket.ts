import { type Server as NetServer, Socket } from 'node:net'
import type { Peer, Transport } from '../../src/http1/transport.ts'

/** One for all sockets: what arrives is dealt with or copied before the next read. */
const readBufferBytes = 64 * 1024

const occupantKey = Symbol('galley.occupant')

/** Who has a socket, and is told what comes of it: an HTTP connection, or whoever the first byte is for. */
export interface SocketOwner {
  /** Bytes have come; they are borrowed until this returns. */
  receive(bytes: Uint8Array, start: number, end: number): void
  /** The other end sends nothing more, but may still read. */
  receiveEnd(): void
  /** What was written has been taken. */
  drained(): void
  /** The socket is no more. */
  closed(): void
}

/** A socket that tells its occupant; null once another protocol has it. */
export interface ServedSocket extends Socket {
  [occupantKey]?: SocketOwner | null
  /** Node's own, to see how much the kernel has taken of a write. */
  _bytesDispatched?: number
  _handle?: { writeQueueSize?: number } | null
}

export class SocketTransport implements Transport {
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

/** Lets a socket tell an occupant what comes of it. */
export function attach(socket: ServedSocket, occupant: SocketOwner): void {
  socket[occupantKey] = occupant
  socket.on('end', onEnd)
  socket.on('drain', onDrain)
}

/** Gives an attached socket to another. */
export function passOn(socket: ServedSocket, occupant: SocketOwner): void {
  socket[occupantKey] = occupant
}

/** Lets a socket bring its bytes in buffers of its own. */
export function readPlainly(socket: ServedSocket): void {
  socket.on('data', onData)
}

/** Asks whether a request's protocol is to go on elsewhere, with the socket as nobody had ever read from it. */
export function handOver(
  upgrade: (request: Request, socket: Socket, head: Buffer) => boolean,
  request: Request,
  { socket }: SocketTransport,
  rest: Uint8Array,
): boolean {
  const occupant = socket[occupantKey] as SocketOwner
  const isFlowing = socket.listenerCount('data') > 0
  socket[occupantKey] = null
  // As nobody had ever read from it: else what is put back before the next reader listens would be lost.
  socket.off('data', onData)
  socket.readableFlowing = null
  let isTaken = false
  try {
    isTaken = upgrade(request, socket, Buffer.from(rest))
  } finally {
    if (!isTaken) socket[occupantKey] = occupant
    if (!isTaken && isFlowing) socket.on('data', onData)
  }
  return isTaken
}

/** The inner server of Node, which has no public way to give accepted sockets a read buffer. */
interface ListeningHandle {
  onconnection?(error: unknown, handle?: { useUserBuffer?: unknown }): void
}

/**
 * Makes accepted sockets read into one buffer, which halves the cost of a small request. Where the runtime's handles
 * can't do that, sockets are accepted as usual.
 */
export function shareReadBuffer(server: NetServer, accept: (socket: ServedSocket) => void): void {
  const { _handle: listening } = server as { _handle?: ListeningHandle }
  if (typeof listening?.onconnection !== 'function') return
  const { onconnection } = listening
  const onread = { buffer: new Uint8Array(readBufferBytes), callback: onRead }
  listening.onconnection = function (error, handle) {
    if (error || typeof handle?.useUserBuffer !== 'function') {
      Reflect.apply(onconnection, this, [error, handle])
      return
    }
    const socket = new Socket({ handle, allowHalfOpen: true, onread, readable: true, writable: true } as object)
    socket.setNoDelay(true)
    accept(socket)
  }
}

function onRead(this: ServedSocket, length: number, buffer: Uint8Array): boolean {
  const occupant = this[occupantKey]
  if (occupant) occupant.receive(buffer, 0, length)
  else if (occupant === null) return this.push(Buffer.copyBytesFrom(buffer, 0, length))
  return true
}

function onData(this: ServedSocket, bytes: Buffer): void {
  this[occupantKey]?.receive(bytes, 0, bytes.length)
}

function onEnd(this: ServedSocket): void {
  this[occupantKey]?.receiveEnd()
}

function onDrain(this: ServedSocket): void {
  this[occupantKey]?.drained()
}

/** An error is always followed by the end of the socket, and that is what counts. */
export function ignore(): void {}
