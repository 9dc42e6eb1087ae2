/** The HTTP/1.1 server on TCP and TLS sockets, for Node, Deno and Bun. */
import { installLightObjects } from '../../src/http1/globals.ts'
import { Listener } from './listener.ts'
import type { ServeOptions } from './options.ts'

export type { FetchHandler } from '../../src/http1/connection-options.ts'
export { HttpError } from '../../src/http1/http-error.ts'
export type { Limits } from '../../src/http1/limits.ts'
export type { Peer } from '../../src/http1/transport.ts'
export type { ServeOptions } from './options.ts'

export interface Server {
  port: number
  /** Ends each connection with its next response. */
  drain(): void
  /**
   * Stops accepting, closes idle connections, and resolves when the others have their responses; after `graceMs` it
   * destroys them.
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
