import type { RateLimitDecision } from '../limits/decisions.ts'
import type { Peer, RequestContext } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'

/** Routes a request: the app behind the pipeline. */
export type Handler = (request: Request, context: RequestContext) => Response | Promise<Response>

/** One request on its way through the pipeline, until its response has ended. */
export interface Exchange {
  readonly request: Request
  readonly handle: Handler
  readonly context: RequestContext
  /** The identity of the connection that the request came on; undefined where the request itself shows one. */
  readonly identity: Identity | null | undefined
  /** The other end of the connection: the client, or a proxy. */
  readonly peer: Peer | null
  readonly startMs: number
  /** Null before the decision, and for clients without a limit. */
  rateLimit: RateLimitDecision | null
}
