import { serve } from '@hono/node-server'
import { fetch } from './echo.ts'

serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(`listening on ${port}`))
