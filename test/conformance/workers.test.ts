import { startWorker } from '../harness/server.ts'
import { conformance } from './suite.ts'

conformance('Cloudflare Workers', {
  start: () => startWorker('test/fixtures/wrangler.toml'),
  // Cloudflare's front answers for the socket: it knows which names are whose.
  ownsSocket: false,
})
