import type { Socket } from 'node:net'
import type { FetchHandler } from '../../src/http1/connection-options.ts'
import type { HttpError } from '../../src/http1/http-error.ts'
import type { Limits } from '../../src/http1/limits.ts'

export interface ServeOptions {
  /** Makes the response to each request. An error that it throws becomes a 500. */
  fetch: FetchHandler
  /** 0 for any free one. */
  port: number
  /** The address to listen on; localhost by default. */
  hostname?: string
  /** Certificate and key in PEM, to serve HTTPS. */
  tls?: { cert: string | Uint8Array; key: string | Uint8Array }
  /** Changes to `defaultLimits`. */
  limits?: Partial<Limits>
  /** Closes the server when it is aborted. */
  signal?: AbortSignal
  /** Makes the response to a request that can't be handled. Its body is text or bytes. */
  errorResponse?(error: HttpError): Response
  /**
   * Reports errors that the handler throws, responses that break off, and, without a request, failures to accept a
   * connection. Writes them to the console by default.
   */
  onError?(error: unknown, request: Request | null): void
  /**
   * Decides about each request that wants another protocol (RFC 9110 §7.8). Returns true when it has taken the socket
   * over, with the bytes that came after the request; false leaves the request to `fetch`.
   */
  upgrade?(request: Request, socket: Socket, head: Buffer): boolean
}
