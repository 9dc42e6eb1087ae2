import { server } from '../src/server.ts'
import { serve } from './node/serve.ts'
import { refuseUnknownArguments } from './process/arguments.ts'

refuseUnknownArguments()
await serve(server, { publicFolder: new URL('../src/web/public/', import.meta.url) })
