/** The Hono app on Deno.serve. */
import { app } from './app.ts'

interface ServeOptions {
  port: number
  hostname: string
  onListen(): void
}
declare const Deno: { serve(options: ServeOptions, handler: (request: Request) => Response | Promise<Response>): void }

Deno.serve({ port: Number(process.env.PORT), hostname: '127.0.0.1', onListen() {} }, app.fetch)
