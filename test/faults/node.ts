import { serve } from '../../adapters/serve-node.ts'
import { server } from './app.ts'

await serve(server)
