import { serve } from '../../../adapters/tcp/serve.ts'
import { fetch } from './echo.ts'

const server = await serve({ fetch, port: 0 })
console.log(`listening on ${server.port}`)
