import { isFullRun } from '../harness/sample.ts'
import { startProcess } from '../harness/server.ts'
import { metricsToken } from './operations.ts'
import { conformance, httpParts } from './suite.ts'

const env = { HTTP_ENGINE: 'node', CORS_ORIGINS: 'https://app.example', METRICS_TOKEN: metricsToken }

conformance('Deno', {
  start: () => startProcess({ runtime: 'deno', entry: 'test/fixtures/deno.ts', env }),
  ownsSocket: true,
  only: isFullRun ? undefined : httpParts,
})
