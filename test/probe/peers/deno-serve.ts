import { fetch } from './echo.ts'

interface Options {
  port: number
  hostname: string
  onListen(address: { port: number }): void
}
declare const Deno: { serve(options: Options, handler: (request: Request) => Promise<Response>): unknown }

Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(`listening on ${port}`) }, fetch)
