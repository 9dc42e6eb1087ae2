/**
 * Sessions of messages over the WebSockets of a Durable Object. The sockets outlive the object's memory
 * (hibernation), so what a session must know to go on is kept in SQL: written when a subscription, an
 * acknowledgement or a membership changes, and never for an event, because an object that wakes knows from its log
 * where those stand who are sent everything as it happens. A ping is answered without waking it.
 */

import { cborFormat } from '../../src/connections/cbor-format.ts'
import type { Channel } from '../../src/connections/channel.ts'
import type { Connection } from '../../src/connections/connection.ts'
import type { ConnectionState } from '../../src/connections/connection-state.ts'
import type { Connections } from '../../src/connections/connections.ts'
import { jsonFormat, pingText, pongText } from '../../src/connections/json-format.ts'
import { chooseProtocol } from '../../src/connections/subprotocols.ts'
import type { AdmittedPeer, Peer } from '../../src/request/context.ts'
import type { TopicEvent } from '../../src/topics/event.ts'
import type { ObjectStorage } from './database.ts'

/** The server's end of a WebSocket, as Workers have it. */
export interface ObjectWebSocket {
  send(message: string | Uint8Array): void
  close(code: number, reason: string): void
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

/** What stays with a socket while its object sleeps. */
interface Attachment {
  id: string
  protocol: 'galley.v1.json' | 'galley.v1.cbor'
  authority: string
  peer: Peer
}

interface Served {
  admit(request: Request, peer: Peer): AdmittedPeer | null
  connections: Connections
}

/** Who is a member of a topic and is not heard for so long is taken for gone: two heartbeats. */
const silenceMsMax = 40_000

/** A WebSocket as the channel of a session. How much the other end has taken is not told here; credit bounds it. */
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

  /** The runtime looks after its sockets itself. */
  ping(): void {}

  close(code: number, reason: string): void {
    attempt(() => this.#webSocket.close(code, reason))
  }
}

/** A socket that has just gone throws; its end is told of elsewhere. */
function attempt(work: () => void): void {
  try {
    work()
  } catch {}
}

export class ObjectConnections {
  readonly #app: Served
  readonly #holder: SocketHolder
  readonly #sql: ObjectStorage['sql']
  readonly #sessions = new Map<ObjectWebSocket, Connection>()
  /** The sessions that are members of some topic. */
  readonly #members = new Set<string>()
  readonly #heardMs = new Map<ObjectWebSocket, number>()

  constructor(app: Served, holder: SocketHolder, { sql }: ObjectStorage) {
    this.#app = app
    this.#holder = holder
    this.#sql = sql
    holder.setWebSocketAutoResponse(new WebSocketRequestResponsePair(pingText, pongText))
    sql.exec('create table if not exists galley_sockets (id text primary key, state text not null) without rowid')
  }

  /** Goes on with all sessions; to be done before anything is served. */
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
      this.#heardMs.set(webSocket, Date.now())
      const options = this.#options(attachment, () => this.#sessions.get(webSocket))
      const session = await this.#app.connections.restore(channel, peer, state, options)
      this.#sessions.set(webSocket, session)
      // A gap, say, may have moved it already.
      if (!session.isClosed) this.#keep(session.state())
    }
    for (const id of states.keys()) this.#drop(id)
  }

  /** Answers a request that wants a WebSocket; null when it does not, or may not. */
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
    const options = this.#options(known, () => this.#sessions.get(webSocket))
    const session = this.#app.connections.open(new ObjectChannel(webSocket, protocol), peer, options)
    webSocket.serializeAttachment({ id: session.id, ...known } satisfies Attachment)
    this.#sessions.set(webSocket, session)
    this.#heardMs.set(webSocket, Date.now())
    if (session.state().identity !== null) this.#keep(session.state())
    const headers = request.headers.has('sec-websocket-protocol') ? { 'Sec-WebSocket-Protocol': protocol } : {}
    return new Response(null, { status: 101, headers, webSocket: pair[0] } as ResponseInit)
  }

  receive(webSocket: ObjectWebSocket, message: string | ArrayBuffer): void {
    const session = this.#sessions.get(webSocket)
    if (!session) return
    this.#heardMs.set(webSocket, Date.now())
    const { protocol } = webSocket.deserializeAttachment() as Attachment
    const isBinary = typeof message !== 'string'
    if (isBinary === (protocol === 'galley.v1.cbor')) session.receive(isBinary ? new Uint8Array(message) : message)
    else if (message !== pongText) session.end(1003, 'The frame type does not match the subprotocol.')
  }

  closed(webSocket: ObjectWebSocket): void {
    const session = this.#sessions.get(webSocket)
    this.#sessions.delete(webSocket)
    this.#heardMs.delete(webSocket)
    if (!session) return
    session.closed()
    this.#drop(session.id)
  }

  /** Ends the sessions of members who have gone without a word; true while there are members. */
  endSilent(): boolean {
    for (const [webSocket, session] of this.#sessions) {
      if (!this.#members.has(session.id)) continue
      if (Date.now() - this.#lastHeardMs(webSocket) > silenceMsMax) session.end(4408, 'Nothing was heard.')
    }
    return this.hasMembers
  }

  get hasMembers(): boolean {
    return this.#members.size > 0
  }

  #lastHeardMs(webSocket: ObjectWebSocket): number {
    const pingedMs = this.#holder.getWebSocketAutoResponseTimestamp(webSocket)?.getTime() ?? 0
    return Math.max(pingedMs, this.#heardMs.get(webSocket) ?? 0)
  }

  #options({ authority }: Pick<Attachment, 'authority'>, session: () => Connection | undefined) {
    return {
      authority,
      onChange: () => {
        const changed = session()
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
