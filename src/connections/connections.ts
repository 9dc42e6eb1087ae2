import { AppError } from '../errors.ts'
import { IncompleteBytes } from '../limits/incomplete-bytes.ts'
import { makeNativeRequest } from '../ports/request-maker.ts'
import type { AdmittedPeer, Peer } from '../request/context.ts'
import type { Channel } from './channel.ts'
import { Connection } from './connection.ts'
import type { ConnectionState } from './connection-state.ts'
import { Heartbeats } from './heartbeats.ts'
import type { ConnectionHost, ConnectionServices } from './host.ts'
import {
  clientMembersMax,
  clientSubscriptionsMax,
  connectionsMaxDefault,
  connectUnits,
  heartbeatMsDefault,
} from './limits.ts'
import { Quota } from './quota.ts'

type Required = 'fetch' | 'topics' | 'presence'

export interface ConnectionsOptions
  extends Pick<ConnectionServices, Required>,
    Partial<Omit<ConnectionServices, Required>> {
  /** Fills the array with random bytes fit for secrets, and returns it. */
  random(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
  /** The time after which a silent peer is pinged, and after twice of which it is closed; null where the runtime does that. */
  heartbeatMs?: number | null
  connectionsMax?: number
}

export interface OpenOptions {
  /** The host and port that requests of this connection are for, as in `localhost:3000`. */
  authority: string
  /** Called when `state()` has changed and must be persisted; never for each event. */
  onChange?(): void
}

/** All live connections of a server. */
export interface Connections {
  readonly count: number
  /** Opens a connection. It ends at once when there are too many or the server is stopping. */
  open(channel: Channel, peer: AdmittedPeer | null, options: OpenOptions): Connection
  /** Resumes a connection from its state; resolves when its subscriptions are active. Nothing may be published before. */
  restore(channel: Channel, peer: Peer | null, state: ConnectionState, options: OpenOptions): Promise<Connection>
  /** Ends every connection before a restart, and every new one. */
  goaway(): void
  /** Selects the connections opened with this credential and returns the function that ends them. */
  revoke(credentialId: string): () => void
}

export function createConnections(options: ConnectionsOptions): Connections {
  const { heartbeatMs = heartbeatMsDefault, connectionsMax = connectionsMaxDefault, random } = options
  const live = new Set<Connection>()
  let isStopping = false
  const host: ConnectionHost = {
    makeRequest: makeNativeRequest,
    textOf: () => null,
    problem: () => {},
    now: Date.now,
    isRevoked: () => false,
    takeUnits: () => true,
    keysOf: () => [],
    incompleteBytes: new IncompleteBytes(),
    identify: () => {
      throw new AppError('unauthorized')
    },
    ...options,
    subscriptionQuota: new Quota(clientSubscriptionsMax),
    membershipQuota: new Quota(clientMembersMax),
    heartbeats: heartbeatMs === null ? null : new Heartbeats(heartbeatMs),
    heartbeatMs: heartbeatMs ?? heartbeatMsDefault,
  }

  function begin(id: string, channel: Channel, peer: AdmittedPeer | null, given: OpenOptions): Connection {
    const { authority, onChange = () => {} } = given
    const identity = peer?.identity ?? null
    const onClosed = () => void live.delete(connection)
    const connection = new Connection(host, { id, channel, peer, authority, identity, onChange, onClosed })
    live.add(connection)
    if (isStopping) connection.end(...stopping)
    else if (live.size > connectionsMax) connection.end(1013, 'The server has too many connections.')
    else if (!host.takeUnits(null, peer, connectUnits)) connection.end(1013, 'Too many connections from this network.')
    return connection
  }

  return {
    get count() {
      return live.size
    },
    open: (channel, peer, given) => begin(random(new Uint8Array(idBytes)).toHex(), channel, peer, given),
    async restore(channel, peer, state, given) {
      const connection = begin(state.id, channel, peer, given)
      if (!connection.isClosed) await connection.restore(state)
      return connection
    },
    goaway() {
      isStopping = true
      for (const connection of live) connection.end(...stopping)
    },
    revoke(credentialId) {
      const selected = [...live].filter((connection) => connection.usesCredential(credentialId))
      return () => {
        for (const connection of selected) connection.signOut()
      }
    },
  }
}

/** 128 bits, so that ids never repeat. */
const idBytes = 16
const stopping = [1012, 'The server is restarting.'] as const
