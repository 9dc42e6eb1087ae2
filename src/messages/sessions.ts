import type { Peer } from '../context.ts'
import type { Presence } from '../topics/presence.ts'
import type { Topics } from '../topics/topics.ts'
import type { Channel } from './channel.ts'
import type { RequestMaker } from './request-maker.ts'
import { Session } from './session.ts'
import type { SessionState } from './session-state.ts'

export interface SessionsOptions {
  /** The app. */
  fetch(request: Request, peer: Peer | null): Response | Promise<Response>
  topics: Topics
  presence: Presence
  /** Fills the array with random bytes fit for secrets, and returns it. */
  random(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
  /** How long a peer may be quiet before it is asked, and again before it is given up; null where the runtime sees to it. */
  heartbeatMs?: number | null
  sessionsMax?: number
  /** Makes requests more cheaply than the runtime's own class does. */
  makeRequest?: RequestMaker
  /** The body of an answer when it is text at hand, so that no promise is needed; null when it isn't. */
  textOf?(response: Response): string | null
  /** Told of faults of our own. */
  problem?(error: unknown): void
}

export interface OpenOptions {
  /** Host and port that requests of this session are for, as in `localhost:3000`. */
  authority: string
  /** Who is asking; the anonymous one unless told. */
  principal?: string
  /** Called when `state()` has changed in what must be kept; never for each event. */
  onChange?(): void
}

/** All sessions of a server. */
export interface Sessions {
  readonly count: number
  /** Begins a session. When there are too many or the server stops it is over at once. */
  open(channel: Channel, peer: Peer | null, options: OpenOptions): Session
  /** Goes on with a session from its state; resolves when its subscriptions stand, before which nothing may be published. */
  restore(channel: Channel, peer: Peer | null, state: SessionState, options: OpenOptions): Promise<Session>
  /** Sends everybody away before a restart, now and from now on. */
  goaway(): void
}

export function createSessions(_options: SessionsOptions): Sessions {
  return { count: 0, open: () => new Session(), restore: async () => new Session(), goaway() {} }
}
