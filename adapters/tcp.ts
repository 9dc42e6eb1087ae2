/**
 * The HTTP/1.1 server on TCP and TLS sockets, for Node and Deno alike.
 */
import type { Socket } from 'node:net'
import type { FetchHandler } from '../src/http1/connection.ts'
import { installLightObjects } from '../src/http1/globals.ts'
import type { Limits } from '../src/http1/limits.ts'
import type { Refusal } from '../src/http1/refusal.ts'
import { Listener } from './tcp-listener.ts'

export type { FetchHandler } from '../src/http1/connection.ts'
export type { Limits } from '../src/http1/limits.ts'
export { Refusal } from '../src/http1/refusal.ts'
export type { Peer } from '../src/http1/transport.ts'

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

export interface Server {
  port: number
  /** Ends each connection with its next answer. */
  drain(): void
  /**
   * Takes no more connections, closes idle ones, and resolves when the others are answered; after so many milliseconds
   * it breaks them off.
   */
  close(graceMs?: number): Promise<void>
}

const closeGraceMs = 15_000

/**
 * Serves a fetch handler over HTTP/1.1 (RFC 9110, RFC 9112). From then on the global `Response` and `Request` are light ones.
 * @throws the socket's error when it can't listen, such as EADDRINUSE
 */
export async function serve(options: ServeOptions): Promise<Server> {
  installLightObjects()
  const listener = new Listener(options)
  const port = await listener.listen(options)
  const server: Server = {
    port,
    drain: () => listener.drain(),
    close: (graceMs = closeGraceMs) => listener.close(graceMs),
  }
  const { signal } = options
  if (signal?.aborted) void server.close()
  signal?.addEventListener('abort', () => void server.close(), { once: true })
  return server
}
