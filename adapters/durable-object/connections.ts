/**
 * Message connections over the WebSockets of a Durable Object. The sockets outlive the object's memory (hibernation), so
 * the state of a connection is kept in SQL. It is written when a subscription, an acknowledgement or a membership
 * changes, and never for an event: an object that wakes finds the position of live subscribers in its log. A ping is
 * answered by the runtime, without waking it.
 */
import { cborFormat } from '../../src/connections/cbor-format.ts'
import type { Channel } from '../../src/connections/channel.ts'
import type { Connection } from '../../src/connections/connection.ts'
import type { ConnectionState } from '../../src/connections/connection-state.ts'
import type { Connections } from '../../src/connections/connections.ts'
import { jsonFormat, pingText, pongText } from '../../src/connections/json-format.ts'
import { chooseProtocol } from '../../src/connections/upgrade.ts'
import type { AdmittedPeer, Peer } from '../../src/request/context.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import type { ObjectStorage } from './database.ts'

/** The server's end of a WebSocket, as Workers have it. */
export interface ObjectWebSocket {
  send(message: string | Uint8Array): void
  close(code?: number, reason?: string): void
  serializeAttachment(value: unknown): void
  deserializeAttachment(): unknown
}

/** The part of a Durable Object's state that holds WebSockets. */
export interface SocketHolder {
  acceptWebSocket(webSocket: ObjectWebSocket): void
  getWebSockets(): ObjectWebSocket[]
  setWebSocketAutoResponse(pair: unknown): void
  getWebSocketAutoResponseTimestamp(webSocket: ObjectWebSocket): Date | null
}

declare const WebSocketPair: new () => { 0: unknown; 1: ObjectWebSocket }
declare const WebSocketRequestResponsePair: new (request: string, response: string) => unknown

/** The data that stays with a socket while its object sleeps. */
interface Attachment {
  id: string
  protocol: 'galley.v1.json' | 'galley.v1.cbor'
  authority: string
  peer: Peer
}

interface Served {
  admit(request: Request, peer: Peer): AdmittedPeer | null
  checkAccess(): void
  connections: Connections
}

/** A member that is silent for longer is disconnected: two heartbeats. */
const silenceMsMax = 40_000

/** The codes of a close without a code, and of a connection that has broken (RFC 6455 §7.4.1): no frame has them. */
const noCode = 1005
const brokenCode = 1006

/** A WebSocket as a channel. The runtime does not report the bytes that the client has taken; credit bounds them. */
class ObjectChannel implements Channel {
  readonly isBlocked = false
  readonly format
  readonly #webSocket: ObjectWebSocket

  constructor(webSocket: ObjectWebSocket, protocol: Attachment['protocol']) {
    this.#webSocket = webSocket
    this.format = protocol === 'galley.v1.cbor' ? cborFormat : jsonFormat
  }

  send(message: string | Uint8Array): void {
    attempt(() => this.#webSocket.send(message))
  }

  sendEvents(events: readonly TopicEvent[]): void {
    for (const event of events) this.send(event.as(this.format.event))
  }

  /** The runtime sends its own pings. */
  ping(): void {}

  close(code: number, reason: string): void {
    attempt(() => this.#webSocket.close(code, reason))
  }
}

/** A socket that has just closed throws; its close event follows. */
function attempt(work: () => void): void {
  try {
    work()
  } catch {}
}

export class ObjectConnections {
  readonly #app: Served
  readonly #holder: SocketHolder
  readonly #sql: ObjectStorage['sql']
  readonly #connections = new Map<ObjectWebSocket, Connection>()
  /** The ids of connections that are members of a topic. */
  readonly #members = new Set<string>()
  readonly #lastMessageMs = new Map<ObjectWebSocket, number>()

  constructor(app: Served, holder: SocketHolder, { sql }: ObjectStorage) {
    this.#app = app
    this.#holder = holder
    this.#sql = sql
    holder.setWebSocketAutoResponse(new WebSocketRequestResponsePair(pingText, pongText))
    sql.exec('create table if not exists galley_sockets (id text primary key, state text not null) without rowid')
  }

  /** Restores all connections; called before the first request. */
  async wake(): Promise<void> {
    const states = new Map(this.#stored().map((state) => [state.id, state]))
    for (const webSocket of this.#holder.getWebSockets()) {
      const attachment = webSocket.deserializeAttachment() as Attachment | null
      if (attachment === null) continue
      const { id, protocol, peer } = attachment
      const channel = new ObjectChannel(webSocket, protocol)
      const state = states.get(id) ?? { id, isFresh: true, identity: null, subscriptions: [], memberships: [] }
      states.delete(id)
      this.#note(state)
      this.#lastMessageMs.set(webSocket, Date.now())
      const options = this.#options(attachment, () => this.#connections.get(webSocket))
      const connection = await this.#app.connections.restore(channel, peer, state, options)
      this.#connections.set(webSocket, connection)
      // A gap, for example, may have changed the state already.
      if (!connection.isClosed) this.#keep(connection.state())
    }
    for (const id of states.keys()) this.#drop(id)
    this.#app.checkAccess()
  }

  /** Opens a WebSocket and returns the response; null when the request does not want one, or is not admitted. */
  connect(request: Request, socketPeer: Peer): Response | null {
    const peer = this.#app.admit(request, socketPeer)
    const protocol = chooseProtocol(request.headers)
    if (peer === null || protocol === null) return null
    const pair = new WebSocketPair()
    const webSocket = pair[1]
    this.#holder.acceptWebSocket(webSocket)
    const known = {
      protocol,
      authority: new URL(request.url).host,
      peer: { address: peer.address, isSecure: peer.isSecure },
    }
    const options = this.#options(known, () => this.#connections.get(webSocket))
    const connection = this.#app.connections.open(new ObjectChannel(webSocket, protocol), peer, options)
    webSocket.serializeAttachment({ id: connection.id, ...known } satisfies Attachment)
    this.#connections.set(webSocket, connection)
    this.#lastMessageMs.set(webSocket, Date.now())
    if (connection.state().identity !== null) this.#keep(connection.state())
    const headers = request.headers.has('sec-websocket-protocol') ? { 'Sec-WebSocket-Protocol': protocol } : {}
    return new Response(null, { status: 101, headers, webSocket: pair[0] } as ResponseInit)
  }

  receive(webSocket: ObjectWebSocket, message: string | ArrayBuffer): void {
    const connection = this.#connections.get(webSocket)
    if (!connection) return
    this.#lastMessageMs.set(webSocket, Date.now())
    const { protocol } = webSocket.deserializeAttachment() as Attachment
    const isBinary = typeof message !== 'string'
    connection.charge(1, isBinary ? message.byteLength : message.length)
    if (isBinary === (protocol === 'galley.v1.cbor')) connection.receive(isBinary ? new Uint8Array(message) : message)
    else if (message !== pongText) connection.end(1003, 'The frame type does not match the subprotocol.')
  }

  /** Answers the client's close frame, which the runtime does not do, and cleans up. */
  peerClosed(webSocket: ObjectWebSocket, code: number): void {
    const isNamed = code !== noCode && code !== brokenCode
    attempt(() => (isNamed ? webSocket.close(code) : webSocket.close()))
    this.closed(webSocket)
  }

  closed(webSocket: ObjectWebSocket): void {
    const connection = this.#connections.get(webSocket)
    this.#connections.delete(webSocket)
    this.#lastMessageMs.delete(webSocket)
    if (!connection) return
    connection.closed()
    this.#drop(connection.id)
  }

  /** Disconnects silent members. Returns true while there are members. */
  disconnectSilent(): boolean {
    for (const [webSocket, connection] of this.#connections) {
      if (!this.#members.has(connection.id)) continue
      if (Date.now() - this.#lastActivityMs(webSocket) > silenceMsMax)
        connection.end(4408, 'The connection was silent for too long.')
    }
    return this.hasMembers
  }

  get hasMembers(): boolean {
    return this.#members.size > 0
  }

  #lastActivityMs(webSocket: ObjectWebSocket): number {
    const pingedMs = this.#holder.getWebSocketAutoResponseTimestamp(webSocket)?.getTime() ?? 0
    return Math.max(pingedMs, this.#lastMessageMs.get(webSocket) ?? 0)
  }

  #options({ authority }: Pick<Attachment, 'authority'>, connection: () => Connection | undefined) {
    return {
      authority,
      onChange: () => {
        const changed = connection()
        if (changed) this.#keep(changed.state())
      },
    }
  }

  #stored(): ConnectionState[] {
    const rows = this.#sql.exec('select state from galley_sockets').toArray() as { state: string }[]
    return rows.map(({ state }) => JSON.parse(state) as ConnectionState)
  }

  #keep(state: ConnectionState): void {
    this.#note(state)
    this.#sql.exec('insert or replace into galley_sockets (id, state) values (?, ?)', state.id, JSON.stringify(state))
  }

  #note({ id, memberships }: ConnectionState): void {
    if (memberships.length > 0) this.#members.add(id)
    else this.#members.delete(id)
  }

  #drop(id: string): void {
    this.#members.delete(id)
    this.#sql.exec('delete from galley_sockets where id = ?', id)
  }
}
