import type { MakeServer } from '../process/listening.ts'
import { runProcess, type ServeOptions } from '../process/run.ts'
import { writeOutput } from '../process/standard-output.ts'

/** Serves an app on Bun, by Galley's own HTTP server, until a signal ends it. */
export async function serve(server: MakeServer, options: ServeOptions = {}): Promise<void> {
  await runProcess(server, options, { listenErrorCode, writeOutput })
}

/** Bun reports an unknown host name without a code. */
function listenErrorCode(error: Error): string | undefined {
  return error.message.startsWith('Failed to listen at') ? 'ENOTFOUND' : undefined
}
