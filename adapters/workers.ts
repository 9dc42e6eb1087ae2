import { server } from '../src/server.ts'
import { serve } from './workers/serve.ts'

const { worker, Galley, Passwords } = serve(server)

export { Galley, Passwords }
export default worker
