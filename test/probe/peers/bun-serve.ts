import { fetch } from './echo.ts'

interface Options {
  port: number
  hostname: string
  fetch(request: Request): Promise<Response>
}
declare const Bun: { serve(options: Options): { port: number } }

console.log(`listening on ${Bun.serve({ port: 0, hostname: '127.0.0.1', fetch }).port}`)
