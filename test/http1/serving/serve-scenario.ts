/** Serves scenarios: the part that is the same in this process, in another one, and on Deno. */
import { type ServeOptions, type Server, serve } from '../../../adapters/tcp/serve.ts'
import type { Report, Scenario } from './scenario.ts'

export type Certificate = NonNullable<ServeOptions['tls']>

/** Listens on 127.0.0.1 unless the scenario says otherwise. */
export function serveScenario(scenario: Scenario, report: Report, tls: Certificate): Promise<Server> {
  const { handler, limits = {}, isSecure = false, hostname = '127.0.0.1', upgrade } = scenario
  return serve({
    port: 0,
    hostname,
    limits,
    fetch: handler(report),
    onError: (error) => report(`error: ${error instanceof Error ? error.message : String(error)}`),
    ...(isSecure ? { tls } : {}),
    ...(upgrade === undefined ? {} : { upgrade }),
  })
}
