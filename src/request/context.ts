import type { Context as HonoContext } from 'hono'
import type { Identity } from './identity.ts'

/** What a runtime knows of the connection that a request came on. */
export interface Peer {
  /** The address at its other end: the client's, or that of a proxy that is not trusted. */
  readonly address: string | null
  /** Whether the connection is encrypted. */
  readonly isSecure: boolean
}

/** A client that may begin a session, and who it is as far as its request shows; a promise where that is being found out. */
export interface AdmittedPeer extends Peer {
  readonly identity?: Identity | null | Promise<Identity | null>
}

/** What belongs to one request and is not in the `Request`; routes find it in `c.env`. */
export interface RequestContext {
  requestId: string
  /** The `traceparent` to hand on to other services (W3C Trace Context); '' when the client sent none. */
  traceparent: string
  /** The id of the user who is asking, or `anonymous`. */
  principal: string
  /** Who that is; null for nobody known. */
  identity: Identity | null
  /** The pattern of the route that took it, such as `/api/todos/:id`; '' for none. */
  route: string
  /** The body as it was read, for the fingerprint of an idempotent request. */
  bodyText: string
  peer: Peer | null
  /** Whether it came as a message of a session, and not by HTTP. */
  isMessage: boolean
}

/** The environment of every route: `new Hono<Env>()`. */
export interface Env {
  Bindings: RequestContext
}

export type Context = HonoContext<Env>
