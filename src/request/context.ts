import type { Context as HonoContext } from 'hono'
import type { Identity } from './identity.ts'

/** The connection that a request came on. */
export interface Peer {
  /** The address of the peer: the client, or a proxy that is not trusted. */
  readonly address: string | null
  /** With the address it names the connection; missing where the runtime does not show it. */
  readonly port?: number | undefined
  /** True if the connection is encrypted. */
  readonly isSecure: boolean
}

/** A client that may begin a message connection. Its identity may be a promise, while it is looked up. */
export interface AdmittedPeer extends Peer {
  readonly identity?: Identity | null | Promise<Identity | null>
}

/** A body that is read into memory as a whole. */
export interface BoundBody {
  /** Rejects when the body must not be read on. */
  readonly refused: Promise<never>
  /** Notes its bytes so far, or those that its length announces. */
  hold(bytes: number): void
  /** To be called once it is complete, or has failed. */
  release(): void
}

/** Bounds the bodies that are read, by client network and in all. */
export interface BodyBound {
  begin(peer: Peer | null): BoundBody
}

/** Rate limit units that a client pays while its request runs. */
export interface Payments {
  /** Resolves once the units are taken; a client that is near its limit waits as long as they take to come back. */
  pay(client: Pick<RequestContext, 'identity' | 'peer'>, units: number, cancelled: AbortSignal): Promise<void>
}

/** The context of one request, beside the `Request`; middleware and routes find it in `c.env`. */
export interface RequestContext {
  requestId: string
  /** The `traceparent` to pass on to other services (W3C Trace Context); '' when the client sent none. */
  traceparent: string
  /** The id of the user, or `anonymous`. */
  principal: string
  /** The signed-in user; null for an anonymous client. */
  identity: Identity | null
  /** The pattern of the matched route, such as `/api/todos/:id`; '' for none. */
  route: string
  /** The body as it was read, for the fingerprint of an idempotent request. */
  bodyText: string
  peer: Peer | null
  /** Bounds the body while it is read. */
  bodies: BodyBound | null
  /** Charges a request that runs long; null where nobody is charged. */
  payments: Payments | null
  /** Rate limit units that the request has cost beyond those of its route. */
  extraUnits: number
  /** True if it came over a message connection, and not by HTTP. */
  isMessage: boolean
}

/** The environment of every route: `new Hono<Env>()`. */
export interface Env {
  Bindings: RequestContext
}

export type Context = HonoContext<Env>
