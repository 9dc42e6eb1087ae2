import { server } from '../src/server.ts'
import { serve } from './serve-workers.ts'

const { worker, Galley } = serve(server)

export { Galley }
export default worker
