import { serve } from '../../adapters/node/serve.ts'
import { server } from './app.ts'

await serve(server)
