/** The app as the shipped server has it, over any database, without a runtime around it. */
import { createApp } from '../../src/app.ts'
import { todos } from '../../src/features/todos.ts'
import type { Database } from '../../src/ports/database.ts'
import { createMetrics } from '../../src/ports/metrics.ts'
import type { Notifier } from '../../src/ports/notifier.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import { topic } from '../../src/topics/topic.ts'

export interface AppOptions {
  database: Database
  notifier?: Notifier
  now?(): number
  random?(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
  problem?(error: unknown): void
}

/** Little, so that a trim finds something. */
const keepEvents = 1000

const playground = topic('playground', { access: { publish: 'anyone' }, keep: { events: keepEvents } })

/** Todos, and the open topic `playground`. Start it before the first request. */
export function createTestApp(options: AppOptions) {
  const { database, notifier = createLocalNotifier(), now = Date.now, problem = () => {} } = options
  const { random = (bytes) => crypto.getRandomValues(bytes) } = options
  const settings = { corsOrigins: [], hosts: null, trustedProxies: [], metricsToken: '', isRateLimited: false }
  const log = { access() {}, note() {}, problem: ({ error }: { error: unknown }) => problem(error) }
  const assets = { open: async () => null }
  const platform = { database, notifier, assets, settings, now, random, log, metrics: createMetrics() }
  return createApp(platform, { collections: [todos], topics: [playground] })
}
