/**
 * The end of a server's process, at SIGTERM or SIGINT.
 *
 * | signal | |
 * |---|---|
 * | the first | requests in flight and jobs finish, the database is closed, exit code 0; code 1 when that takes too long |
 * | another within a second | nothing: a terminal, `npm` and a service manager each send one for the same wish |
 * | a later one | exit code 1 at once |
 */
import process from 'node:process'
import type { Platform } from '../../src/ports/platform.ts'
import type { Listening, Served } from './listening.ts'
import type { LogOutput } from './log-output.ts'

/** Requests in flight may take this long to finish after the signal to stop. */
const drainTimeoutMs = 15_000
/** A proxy may have sent a request on a connection that seems idle here; it arrives within this time. */
const drainGraceMs = 300
/** Signals that arrive within this time are one. */
const repeatedSignalMs = 1000

/** Ends the process in an orderly way at a signal. */
export function shutDownOnSignal(app: Served, platform: Platform, listening: Listening, output: LogOutput): void {
  let firstMs: number | null = null
  const end = () => {
    if (firstMs === null) {
      firstMs = performance.now()
      void shutDown(app, platform, listening, output)
    } else if (performance.now() - firstMs >= repeatedSignalMs) process.exit(1)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
}

async function shutDown(app: Served, { database }: Platform, listening: Listening, output: LogOutput): Promise<void> {
  app.drain()
  const stopped = app.stop()
  setTimeout(() => process.exit(1), drainTimeoutMs).unref()
  listening.drain()
  await new Promise((done) => setTimeout(done, drainGraceMs))
  // Not earlier: clients would come back to this process.
  app.connections.goaway()
  await Promise.all([listening.close(), stopped])
  await database.close()
  await output.close()
  process.exit(0)
}
