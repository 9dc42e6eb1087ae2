import { isFullRun } from '../harness/sample.ts'
import { startWorker } from '../harness/server.ts'
import { webSocketKinds } from '../transports/clients.ts'
import { allButBounds, conformance } from './suite.ts'

conformance('Cloudflare Workers', {
  start: () => startWorker('test/fixtures/wrangler.toml'),
  // Cloudflare's front end owns the socket and decides which host names reach the Worker.
  ownsSocket: false,
  kinds: webSocketKinds,
  only: isFullRun ? undefined : allButBounds,
})
