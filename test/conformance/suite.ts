/** The HTTP contract, checked on a running server: the same on every runtime. */
import { afterAll, beforeAll, describe } from 'vitest'
import type { RunningServer } from '../harness/server.ts'
import { accessCases } from './access.ts'
import { accountCases } from './accounts.ts'
import { boundCases } from './bounds.ts'
import { compressionCases } from './compression.ts'
import { conditionCases } from './conditions.ts'
import { corsCases } from './cors.ts'
import { crossSiteCases } from './cross-site.ts'
import { customCases } from './custom.ts'
import { documentCases } from './documents.ts'
import { echoCases } from './echo.ts'
import { errorCases } from './errors.ts'
import { fieldCases } from './fields.ts'
import { filterCases } from './filters.ts'
import { headerCases } from './headers.ts'
import { healthCases } from './health.ts'
import { historyCases } from './histories.ts'
import { hookCases } from './hooks.ts'
import { createSend, type Subject } from './http.ts'
import { idempotencyCases } from './idempotency.ts'
import { idCases } from './ids.ts'
import { jobCases } from './jobs.ts'
import { jsonCases } from './json.ts'
import { limitCases } from './limits.ts'
import { listCases } from './lists.ts'
import { methodCases } from './methods.ts'
import { negotiationCases } from './negotiation.ts'
import { operationCases } from './operations.ts'
import { ownRouteCases } from './own-routes.ts'
import { queryCases } from './queries.ts'
import { rawCases } from './raw.ts'
import { referenceCases } from './references.ts'
import { staticCases } from './statics.ts'
import { todoCases } from './todos.ts'
import { topicCases } from './topics.ts'
import { transferCases } from './transfers.ts'
import { trashCases } from './trash.ts'
import { traversalCases } from './traversal.ts'
import { webhookCases } from './webhooks.ts'

interface Options extends Pick<Subject, 'ownsSocket' | 'ownsHttp' | 'kinds'> {
  start(): Promise<RunningServer>
  /** The names of the parts to run; all by default. */
  only?: readonly string[] | undefined
}

const parts: Record<string, (subject: Subject) => void> = {
  todos: todoCases,
  ids: idCases,
  fields: fieldCases,
  references: referenceCases,
  trash: trashCases,
  histories: historyCases,
  lists: listCases,
  queries: queryCases,
  filters: filterCases,
  bounds: boundCases,
  documents: documentCases,
  conditions: conditionCases,
  idempotency: idempotencyCases,
  'custom routes': customCases,
  'own routes': ownRouteCases,
  hooks: hookCases,
  jobs: jobCases,
  webhooks: webhookCases,
  echo: echoCases,
  errors: errorCases,
  JSON: jsonCases,
  methods: methodCases,
  headers: headerCases,
  'other sites': crossSiteCases,
  CORS: corsCases,
  negotiation: negotiationCases,
  compression: compressionCases,
  'static files': staticCases,
  traversal: traversalCases,
  'raw requests': rawCases,
  health: healthCases,
  limits: limitCases,
  operations: operationCases,
  accounts: accountCases,
  access: accessCases,
  topics: topicCases,
  // Last, because its cut request may stay in flight until the server notices.
  transfers: transferCases,
}

/** The parts that depend on the HTTP server beneath the app; the others depend on the runtime alone. */
export const httpParts = [
  'todos',
  'idempotency',
  'errors',
  'methods',
  'headers',
  'other sites',
  'CORS',
  'compression',
  'static files',
  'traversal',
  'raw requests',
  'health',
  'limits',
  'operations',
  'topics',
  'transfers',
]

/** The parts that depend on the runtime, its SQLite, clock, sockets and files; the others are the same code everywhere. */
export const runtimeParts = [
  'todos',
  'fields',
  'queries',
  'documents',
  'jobs',
  'webhooks',
  'echo',
  'errors',
  'JSON',
  'compression',
  'static files',
  'raw requests',
  'health',
  'limits',
  'operations',
  'accounts',
  'topics',
]

/** A sample leaves out the longest part, which Galley's own server on Node always runs. */
export const allButBounds = Object.keys(parts).filter((name) => name !== 'bounds')

export function conformance(
  runtime: string,
  { start, ownsSocket, ownsHttp = true, kinds, only = Object.keys(parts) }: Options,
): void {
  describe(runtime, () => {
    let server: RunningServer | null = null
    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server?.stop())
    const origin = () => server?.url ?? ''
    const subject: Subject = { origin, ownsSocket, ownsHttp, kinds, send: createSend(origin) }
    const there = ownsSocket ? only : only.filter((name) => name !== 'raw requests')
    for (const name of there) describe(name, () => parts[name]?.(subject))
  })
}
