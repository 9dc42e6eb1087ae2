import { isFullRun } from '../harness/sample.ts'
import { startProcess } from '../harness/server.ts'
import { metricsToken } from './operations.ts'
import { conformance, httpParts } from './suite.ts'

const env = { HTTP_ENGINE: 'node', CORS_ORIGINS: 'https://app.example', METRICS_TOKEN: metricsToken }

conformance('Node', {
  start: () => startProcess({ runtime: 'node', entry: 'test/fixtures/node.ts', env }),
  ownsSocket: true,
  only: isFullRun ? undefined : httpParts,
})
