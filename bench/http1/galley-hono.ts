/** The Hono app on Galley's HTTP/1.1 engine. */
import { serve } from '../../adapters/tcp/serve.ts'
import { app } from './app.ts'
import { limits } from './galley-limits.ts'

await serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1', limits })
