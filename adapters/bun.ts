import { server } from '../src/server.ts'
import { serve } from './bun/serve.ts'

await serve(server, { publicFolder: new URL('../src/web/public/', import.meta.url) })
