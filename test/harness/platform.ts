import { createMetrics } from '../../src/ports/metrics.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import type { Platform } from '../../src/ports/platform.ts'

/** A platform without accounts, pages and limits, whose log is silent. */
export function createTestPlatform(given: Pick<Platform, 'database'> & Partial<Platform>): Platform {
  return {
    notifier: createLocalNotifier(),
    assets: { open: async () => null },
    settings: { corsOrigins: [], hosts: null, trustedProxies: [], metricsToken: '', isRateLimited: false },
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(bytes),
    log: { access() {}, note() {}, problem() {} },
    metrics: createMetrics(),
    ...given,
  }
}
