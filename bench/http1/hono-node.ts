/** The Hono app on @hono/node-server. */
import { type ServerType, serve } from '@hono/node-server'
import { app } from './app.ts'
import { idleMs } from './responses.ts'

const server: ServerType = serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' })
if ('keepAliveTimeout' in server) server.keepAliveTimeout = idleMs
