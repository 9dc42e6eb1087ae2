import { serve } from '../../adapters/deno/serve.ts'
import { server } from './app.ts'

await serve(server)
