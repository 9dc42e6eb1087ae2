import { server } from '../src/server.ts'
import { serve } from './serve-node.ts'

await serve(server, { publicFolder: new URL('../src/web/public/', import.meta.url) })
