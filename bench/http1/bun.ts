/** The Hono app on Bun.serve. */

import { app } from './app.ts'
import { bodyBytesMax, idleMs } from './responses.ts'

interface ServeOptions {
  port: number
  hostname: string
  maxRequestBodySize: number
  /** In seconds, 255 at most. */
  idleTimeout: number
  fetch(request: Request): Response | Promise<Response>
}
declare const Bun: { serve(options: ServeOptions): void }

Bun.serve({
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  maxRequestBodySize: bodyBytesMax,
  idleTimeout: idleMs / 1000,
  fetch: app.fetch,
})
