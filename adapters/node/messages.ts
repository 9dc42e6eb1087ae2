/** Message connections on the port of a server of `node:http` or `node:https`, distinguished from HTTP by their first byte. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { AcceptMessages } from '../tcp/first-byte.ts'
import { attach, ignore, readPlainly, type SocketOwner } from '../tcp/socket.ts'

export interface MessageConnectionsOptions {
  isSecure: boolean
  accept: AcceptMessages
  /** A connection must bring its first byte within this time. */
  firstByteTimeoutMs: number
  /** The authority of requests without a host; known once the server listens. */
  authority(): string
  /** Handles a connection without a byte. */
  onTimeout(socket: Socket): void
}

export interface MessageConnections {
  /** Destroys connections without a byte. */
  close(): void
}

/** Reads the first bytes of each connection before HTTP does. */
export function acceptMessages(server: Server, options: MessageConnectionsOptions): MessageConnections {
  const { isSecure, accept, authority } = options
  const event = isSecure ? 'secureConnection' : 'connection'
  const httpListeners = server.listeners(event)
  const waiting = new Set<Socket>()

  function decide(socket: Socket, bytes: Buffer): void {
    const peer = { address: socket.remoteAddress ?? null, isSecure }
    const owner = accept(bytes[0] as number, socket, peer, authority())
    if (owner !== null) {
      handOver(socket, owner, bytes)
      return
    }
    // As if never read from: otherwise the bytes that are put back would be lost before HTTP listens.
    socket.readableFlowing = null
    socket.unshift(bytes)
    for (const listener of httpListeners) Reflect.apply(listener, server, [socket])
  }

  server.removeAllListeners(event)
  server.on(event, (socket: Socket) => {
    waiting.add(socket)
    awaitBytes(socket, options, (bytes) => {
      waiting.delete(socket)
      if (bytes !== null) decide(socket, bytes)
    })
  })
  return {
    close() {
      for (const socket of waiting) socket.destroy()
    },
  }
}

/** Passes on the first bytes; null when the socket closes without any. */
function awaitBytes(
  socket: Socket,
  { firstByteTimeoutMs, onTimeout }: MessageConnectionsOptions,
  done: (bytes: Buffer | null) => void,
): void {
  const finish = (bytes: Buffer | null) => {
    socket.setTimeout(0)
    for (const [event, listener] of listeners) socket.off(event, listener)
    done(bytes)
  }
  const listeners: readonly (readonly [string, (bytes: Buffer) => void])[] = [
    ['data', (bytes) => finish(bytes)],
    ['end', () => socket.end()],
    ['timeout', () => onTimeout(socket)],
    ['close', () => finish(null)],
    ['error', ignore],
  ]
  for (const [event, listener] of listeners) socket.on(event, listener)
  socket.setTimeout(firstByteTimeoutMs)
}

function handOver(socket: Socket, owner: SocketOwner, bytes: Buffer): void {
  // A client that has ended its side still waits for responses.
  socket.allowHalfOpen = true
  attach(socket, owner)
  socket.on('close', () => owner.closed())
  socket.on('error', ignore)
  readPlainly(socket)
  owner.receive(bytes, 0, bytes.length)
}
