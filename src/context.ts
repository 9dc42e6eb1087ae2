import type { Context as HonoContext } from 'hono'

/** What belongs to one request and is not in the `Request`; routes find it in `c.env`. */
export interface RequestContext {
  requestId: string
  /** Who is asking. Before accounts exist: the one anonymous principal. */
  principal: string
  /** The body as it was read, for the fingerprint of an idempotent request. */
  bodyText: string
}

/** The environment of every route: `new Hono<Env>()`. */
export interface Env {
  Bindings: RequestContext
}

export type Context = HonoContext<Env>
