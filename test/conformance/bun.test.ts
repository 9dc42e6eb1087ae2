import { startProcess } from '../harness/server.ts'
import { metricsToken } from './operations.ts'
import { conformance } from './suite.ts'

const env = { CORS_ORIGINS: 'https://app.example', METRICS_TOKEN: metricsToken }

conformance('Bun', {
  start: () => startProcess({ runtime: 'bun', entry: 'test/fixtures/bun.ts', env }),
  ownsSocket: true,
})
