/** Before the tests: fills Node's compile cache, which a process writes when it ends in good order. */
import { startProcess } from './server.ts'

export default async function warmUp(): Promise<void> {
  const server = await startProcess({ runtime: 'node' })
  server.process.kill('SIGTERM')
  await server.exited
  await server.stop()
}
