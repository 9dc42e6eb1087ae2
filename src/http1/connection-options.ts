import type { HttpError } from './http-error.ts'
import type { Limits } from './limits.ts'
import type { ParserOptions } from './request-parser.ts'
import type { Peer, Transport } from './transport.ts'

/** Handles a request. */
export type FetchHandler = (request: Request, peer: Peer) => Response | Promise<Response>

/** Advances in steps, so that no request has to ask for the time. */
interface Clock {
  nowMs: number
  /** The line of `Date` with the empty line that ends a head. */
  date: string
}

/** The settings and state that the connections of a server share. */
export interface ConnectionOptions extends ParserOptions {
  limits: Limits
  fetch: FetchHandler
  clock: Clock
  /** True if every connection ends with its next response. */
  isDraining: boolean
  /** True if idle connections end. */
  isClosing: boolean
  /** Makes the response to a request that can't be handled. Its body is text or bytes. */
  errorResponse(error: HttpError): Response
  /** Reports an error that a handler throws, or that breaks off a response. */
  onError(error: unknown, request: Request | null): void
  /** Takes the connection over with the bytes after the request and returns true, or returns false and leaves it alone. */
  upgrade?: ((request: Request, transport: Transport, rest: Uint8Array) => boolean) | undefined
  /** Calls back when all bytes that have arrived by now are handled. */
  defer(task: () => void): void
}
