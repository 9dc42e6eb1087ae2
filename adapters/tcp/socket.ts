import { type Server as NetServer, Socket } from 'node:net'
import type { Peer, Transport } from '../../src/http1/transport.ts'

/** One buffer serves all sockets: its bytes are handled or copied before the next read. */
const readBufferBytes = 64 * 1024

const ownerKey = Symbol('galley.socketOwner')

/** The protocol that a socket reports to: an HTTP connection, a message connection, or the reader of the first byte. */
export interface SocketOwner {
  /** Takes received bytes, which are borrowed until this returns. */
  receive(bytes: Uint8Array, start: number, end: number): void
  /** Called when the peer has ended its side; it may still read. */
  receiveEnd(): void
  /** Called when the peer has taken the written bytes. */
  drained(): void
  /** The socket has closed. */
  closed(): void
}

/** A socket with its owner; null once another protocol listens to it directly. */
export interface ServedSocket extends Socket {
  [ownerKey]?: SocketOwner | null
  /** Internals of Node, to see how much of a write the kernel has taken. */
  _bytesDispatched?: number
  _handle?: { writeQueueSize?: number } | null
}

export class SocketTransport implements Transport {
  readonly socket: ServedSocket
  readonly peer: Peer
  /** The plain socket under a TLS socket; only that one can be reset. */
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
    // A socket that has sent its end can't be reset any more: it would never close.
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

/** Makes a socket report to an owner. */
export function attach(socket: ServedSocket, owner: SocketOwner): void {
  socket[ownerKey] = owner
  socket.on('end', onEnd)
  socket.on('drain', onDrain)
}

/** Gives an attached socket to another owner. */
export function passOn(socket: ServedSocket, owner: SocketOwner): void {
  socket[ownerKey] = owner
}

/** Makes a socket read into buffers of its own. */
export function readPlainly(socket: ServedSocket): void {
  socket.on('data', onData)
}

/** Offers a socket to `upgrade`, in the state of one that was never read from. Returns whether it took the socket. */
export function handOver(
  upgrade: (request: Request, socket: Socket, head: Buffer) => boolean,
  request: Request,
  { socket }: SocketTransport,
  rest: Uint8Array,
): boolean {
  const owner = socket[ownerKey] as SocketOwner
  const isFlowing = socket.listenerCount('data') > 0
  socket[ownerKey] = null
  // As if never read from: otherwise bytes that are put back before the next reader listens would be lost.
  socket.off('data', onData)
  socket.readableFlowing = null
  let isTaken = false
  try {
    isTaken = upgrade(request, socket, Buffer.from(rest))
  } finally {
    if (!isTaken) socket[ownerKey] = owner
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
  const owner = this[ownerKey]
  if (owner) owner.receive(buffer, 0, length)
  else if (owner === null) return this.push(Buffer.copyBytesFrom(buffer, 0, length))
  return true
}

function onData(this: ServedSocket, bytes: Buffer): void {
  this[ownerKey]?.receive(bytes, 0, bytes.length)
}

function onEnd(this: ServedSocket): void {
  this[ownerKey]?.receiveEnd()
}

function onDrain(this: ServedSocket): void {
  this[ownerKey]?.drained()
}

/** An error is always followed by the socket's close, and only that is handled. */
export function ignore(): void {}
