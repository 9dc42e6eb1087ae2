import { server } from '../src/server.ts'
import { serve } from './node/serve.ts'

await serve(server, { publicFolder: new URL('../src/web/public/', import.meta.url) })
