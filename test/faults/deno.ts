import { serve } from '../../adapters/serve-deno.ts'
import { server } from './app.ts'

await serve(server)
