import { AppError } from '../errors.ts'
import { makeNativeRequest, type RequestMaker } from '../ports/request-maker.ts'
import type { AdmittedPeer, Peer } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import type { Presence } from '../topics/presence.ts'
import type { Topics } from '../topics/topics.ts'
import type { Channel } from './channel.ts'
import { Connection, type ConnectionHost } from './connection.ts'
import type { ConnectionState } from './connection-state.ts'
import { Heartbeats } from './heartbeats.ts'
import {
  clientMembersMax,
  clientSubscriptionsMax,
  connectionsMaxDefault,
  connectUnits,
  heartbeatMsDefault,
} from './limits.ts'
import { Quota } from './quota.ts'
import type { ConnectionFetch } from './requests.ts'

export interface ConnectionsOptions {
  /** The app. */
  fetch: ConnectionFetch
  topics: Topics
  presence: Presence
  /** Fills the array with random bytes fit for secrets, and returns it. */
  random(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
  /** How long a peer may be quiet before it is asked, and again before it is given up; null where the runtime sees to it. */
  heartbeatMs?: number | null
  connectionsMax?: number
  /** Makes requests more cheaply than the runtime's own class does. */
  makeRequest?: RequestMaker
  /** The body of an answer when it is text at hand, so that no promise is needed; null when it isn't. */
  textOf?(response: Response): string | null
  /** Who shows this token. @throws AppError `unauthorized` */
  identify?(token: string): Identity | Promise<Identity>
  /** Whether a credential was revoked a moment ago. */
  isRevoked?(identity: Identity): boolean
  /** Milliseconds since 1970. */
  now?(): number
  /** Whether somebody may ask for something that is worth so many requests. */
  admit?(who: Identity | null, peer: Peer | null, units: number): boolean
  /** Names whoever sessions are counted for; null for who is not counted. */
  keyOf?(who: Identity | null, peer: Peer | null): string | null
  /** Told of faults of our own. */
  problem?(error: unknown): void
}

export interface OpenOptions {
  /** Host and port that requests of this session are for, as in `localhost:3000`. */
  authority: string
  /** Called when `state()` has changed in what must be kept; never for each event. */
  onChange?(): void
}

/** All sessions of a server. */
export interface Connections {
  readonly count: number
  /** Begins a session. When there are too many or the server stops it is over at once. */
  open(channel: Channel, peer: AdmittedPeer | null, options: OpenOptions): Connection
  /** Goes on with a session from its state; resolves when its subscriptions stand, before which nothing may be published. */
  restore(channel: Channel, peer: Peer | null, state: ConnectionState, options: OpenOptions): Promise<Connection>
  /** Sends everybody away before a restart, now and from now on. */
  goaway(): void
  /** Picks the sessions that were begun with this credential, and gives what ends them. */
  revoke(credentialId: string): () => void
}

export function createConnections(options: ConnectionsOptions): Connections {
  const { heartbeatMs = heartbeatMsDefault, connectionsMax: sessionsMax = connectionsMaxDefault, random } = options
  const live = new Set<Connection>()
  let isStopping = false
  const host: ConnectionHost = {
    makeRequest: makeNativeRequest,
    textOf: () => null,
    problem: () => {},
    now: Date.now,
    isRevoked: () => false,
    admit: () => true,
    keyOf: () => null,
    identify: () => {
      throw new AppError('unauthorized')
    },
    ...options,
    subscriptionQuota: new Quota(clientSubscriptionsMax),
    membershipQuota: new Quota(clientMembersMax),
    heartbeats: heartbeatMs === null ? null : new Heartbeats(heartbeatMs),
    heartbeatMs: heartbeatMs ?? heartbeatMsDefault,
    ended: (session) => void live.delete(session),
  }

  function begin(id: string, channel: Channel, peer: AdmittedPeer | null, given: OpenOptions): Connection {
    const { authority, onChange = () => {} } = given
    const identity = peer?.identity ?? null
    const session = new Connection(host, { id, channel, peer, authority, identity, onChange })
    live.add(session)
    if (isStopping) session.refuse(...stopping)
    else if (live.size > sessionsMax) session.refuse(1013, 'There are too many sessions.')
    else if (!host.admit(null, peer, connectUnits)) session.refuse(1013, 'There are too many sessions from one place.')
    return session
  }

  return {
    get count() {
      return live.size
    },
    open: (channel, peer, given) => begin(random(new Uint8Array(idBytes)).toHex(), channel, peer, given),
    async restore(channel, peer, state, given) {
      const session = begin(state.id, channel, peer, given)
      if (!session.isClosed) await session.restore(state)
      return session
    },
    goaway() {
      isStopping = true
      for (const session of live) session.refuse(...stopping)
    },
    revoke(credentialId) {
      const its = [...live].filter((session) => session.isOf(credentialId))
      return () => {
        for (const session of its) session.signOut()
      }
    },
  }
}

/** 128 bits, so that no two sessions are ever the same. */
const idBytes = 16
const stopping = [1012, 'The server restarts.'] as const
