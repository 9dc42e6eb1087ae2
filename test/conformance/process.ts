import { startProcess } from '../harness/server.ts'
import { kinds, webSocketKinds } from '../transports/clients.ts'
import { corsOrigins } from './cors.ts'
import { metricsToken } from './operations.ts'
import { conformance } from './suite.ts'

/** The suite on a process of a runtime, whose fixture starts the server. */
export function processConformance(
  name: string,
  runtime: 'node' | 'deno' | 'bun',
  more: Record<string, string> = {},
  only?: readonly string[],
) {
  const env = {
    CORS_ORIGINS: corsOrigins.join(),
    METRICS_TOKEN: metricsToken,
    WEBHOOKS_ALLOW_PRIVATE: '127.0.0.1',
    ...more,
  }
  const start = () => startProcess({ runtime, entry: `test/fixtures/${runtime}.ts`, env })
  // Deno's own server owns the port, and refuses in its own way.
  const isDenos = runtime === 'deno' && more.HTTP_ENGINE === 'node'
  const kindsThere = isDenos ? webSocketKinds : kinds
  conformance(name, { start, ownsSocket: true, ownsHttp: !isDenos, kinds: kindsThere, only })
}
