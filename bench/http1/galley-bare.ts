/** Galley's HTTP/1.1 engine and a handler, no framework. */
import { serve } from '../../adapters/tcp/serve.ts'
import { countBytes, streamOfChunks } from './app.ts'
import { limits } from './galley-limits.ts'
import { created, item, type posted } from './responses.ts'

const headers = { 'Content-Type': 'application/json' }

await serve({ fetch: handle, port: Number(process.env.PORT), hostname: '127.0.0.1', limits })

function handle(request: Request): Response | Promise<Response> {
  const { url, method } = request
  if (url.endsWith('/json')) return method === 'POST' ? post(request) : json(item, 200)
  if (url.endsWith('/stream')) return new Response(streamOfChunks())
  if (url.endsWith('/sink')) return sink(request)
  return json({ error: 'not found' }, 404)
}

function json(value: unknown, status: number): Response {
  return new Response(JSON.stringify(value), { status, headers })
}

async function post(request: Request): Promise<Response> {
  const { title } = (await request.json()) as typeof posted
  return json(created(title), 201)
}

async function sink(request: Request): Promise<Response> {
  return new Response(String(await countBytes(request.body)))
}
