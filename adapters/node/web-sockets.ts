/** WebSockets on a server of `node:http` or `node:https`. */
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Peer } from '../../src/request/context.ts'
import type { MessageServer } from '../process/listening.ts'
import { createWebSockets } from '../websocket/web-sockets.ts'

export interface NodeWebSockets {
  /** For the option `shouldUpgradeCallback`: an upgrade that is not wanted stays a plain request. */
  isWanted(incoming: IncomingMessage): boolean
  acceptOn(server: Server): void
}

export function createNodeWebSockets(app: MessageServer, isSecure: boolean): NodeWebSockets {
  const accept = createWebSockets(app)
  const peerOf = ({ socket }: IncomingMessage, request: Request): Peer | null =>
    app.admit(request, { address: socket.remoteAddress ?? null, isSecure })
  return {
    isWanted(incoming: IncomingMessage): boolean {
      const request = requestOf(incoming)
      return request !== null && peerOf(incoming, request) !== null
    },
    acceptOn(server: Server): void {
      server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
        const request = requestOf(incoming)
        const peer = request && peerOf(incoming, request)
        if (request && peer) accept({ request, socket, head }, peer)
        else socket.destroy()
      })
    },
  }
}

/** Null when the request names no host, or has another method than the one of a handshake. */
function requestOf({ method, url, headers }: IncomingMessage): Request | null {
  if (method !== 'GET') return null
  const target = headers.host === undefined ? null : URL.parse(url ?? '', `http://${headers.host}`)
  const fields = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  return target && new Request(target, { headers: fields })
}
