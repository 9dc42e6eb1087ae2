import type { Socket } from 'node:net'
import type { FetchHandler } from '../../src/http1/connection.ts'
import type { Limits } from '../../src/http1/limits.ts'
import type { Refusal } from '../../src/http1/refusal.ts'

export interface ServeOptions {
  /** Answers each request. What it throws becomes a 500. */
  fetch: FetchHandler
  /** 0 for any free one. */
  port: number
  /** The address to listen on; localhost by default. */
  hostname?: string
  /** Certificate and key in PEM, to serve HTTPS. */
  tls?: { cert: string | Uint8Array; key: string | Uint8Array }
  /** What differs from `defaultLimits`. */
  limits?: Partial<Limits>
  /** Closes the server when it is aborted. */
  signal?: AbortSignal
  /** The answer to what is no request: a Response of text or bytes. */
  refuse?(refusal: Refusal): Response
  /**
   * Hears of what the handler throws, of answers that break off, and, without a request, of connections that the system
   * does not hand over. Writes them to the console by default.
   */
  onError?(error: unknown, request: Request | null): void
  /**
   * Is asked about each request that wants another protocol (RFC 9110 §7.8). True takes the socket over, with the
   * bytes that came after the request; false leaves it to `fetch`.
   */
  upgrade?(request: Request, socket: Socket, head: Buffer): boolean
}
