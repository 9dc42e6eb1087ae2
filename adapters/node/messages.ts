/** Messages on the port of a server of `node:http` or `node:https`: the first byte of a connection tells them from HTTP. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { AcceptMessages } from '../tcp/first-byte.ts'
import { attach, ignore, readPlainly, type SocketOwner } from '../tcp/socket.ts'

export interface MessageConnectionsOptions {
  isSecure: boolean
  letIn: AcceptMessages
  /** How long a connection may bring nothing. */
  silenceMs: number
  /** What requests without a host are for; known once the server listens. */
  authority(): string
  /** Is given connections that bring nothing. */
  late(socket: Socket): void
}

export interface MessageConnections {
  /** Ends connections on which nothing has come yet. */
  close(): void
}

/** Looks at each connection before HTTP has it. */
export function acceptMessages(server: Server, options: MessageConnectionsOptions): MessageConnections {
  const { isSecure, letIn, authority } = options
  const event = isSecure ? 'secureConnection' : 'connection'
  const toHttp = server.listeners(event)
  const silent = new Set<Socket>()

  function decide(socket: Socket, bytes: Buffer): void {
    const peer = { address: socket.remoteAddress ?? null, isSecure }
    const guest = letIn(bytes[0] as number, socket, peer, authority())
    if (guest !== null) {
      seat(socket, guest, bytes)
      return
    }
    // As nobody had ever read from it: else what is put back would be lost before HTTP listens.
    socket.readableFlowing = null
    socket.unshift(bytes)
    for (const listener of toHttp) Reflect.apply(listener, server, [socket])
  }

  server.removeAllListeners(event)
  server.on(event, (socket: Socket) => {
    silent.add(socket)
    awaitBytes(socket, options, (bytes) => {
      silent.delete(socket)
      if (bytes !== null) decide(socket, bytes)
    })
  })
  return {
    close() {
      for (const socket of silent) socket.destroy()
    },
  }
}

/** Tells the first bytes; null when there will be none. */
function awaitBytes(
  socket: Socket,
  { silenceMs, late }: MessageConnectionsOptions,
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
    ['timeout', () => late(socket)],
    ['close', () => finish(null)],
    ['error', ignore],
  ]
  for (const [event, listener] of listeners) socket.on(event, listener)
  socket.setTimeout(silenceMs)
}

function seat(socket: Socket, guest: SocketOwner, bytes: Buffer): void {
  // A client that is done with asking still waits for answers.
  socket.allowHalfOpen = true
  attach(socket, guest)
  socket.on('close', () => guest.closed())
  socket.on('error', ignore)
  readPlainly(socket)
  guest.receive(bytes, 0, bytes.length)
}
