/** Routes for administrators: the log of deliveries. */
import { createRoute, z } from '@hono/zod-openapi'
import { noStore, requireAdministrator } from '../../auth/routes/guards.ts'
import { decodeCursor, encodeCursor } from '../../database/cursor.ts'
import { one, run } from '../../database/steps.ts'
import { AppError } from '../../errors.ts'
import { failures, page, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import type { SqlRow, Steps } from '../../ports/database.ts'
import type { Context } from '../../request/context.ts'
import type { WebhookDependencies } from '../dependencies.ts'
import { findDelivery, listDeliveries } from '../store/deliveries.ts'
import { findEndpoint } from '../store/endpoints.ts'
import { enqueueFor } from '../store/queue.ts'
import { deliveriesQuery, delivery, deliveryOf, deliveryWithBody, listDescription } from './resources.ts'

const params = z.object({ id: z.string() })

const listRoute = createRoute({
  method: 'get',
  path: '/webhooks/deliveries',
  operationId: 'listWebhookDeliveries',
  summary: 'List deliveries, the newest event first',
  description: listDescription,
  request: { query: deliveriesQuery },
  responses: { 200: page(delivery), ...failures(400, 401, 403) },
})

const getRoute = createRoute({
  method: 'get',
  path: '/webhooks/deliveries/{id}',
  operationId: 'getWebhookDelivery',
  summary: 'Get one delivery, with its body',
  request: { params },
  responses: { 200: success(200, deliveryWithBody), ...failures(401, 403, 404) },
})

const runRoute = createRoute({
  method: 'post',
  path: '/webhooks/deliveries/{id}/run',
  operationId: 'runWebhookDelivery',
  summary: 'Deliver again, with the same webhook-id',
  request: { params },
  responses: { 200: success(200, delivery), ...failures(401, 403, 404, 409) },
})

const listName = 'deliveries'

export function createDeliveryRoutes({ commit, database, now, onDue }: WebhookDependencies) {
  async function list(c: Context, { endpoint, state, limit, cursor }: z.output<typeof deliveriesQuery>) {
    const before = cursor === undefined ? undefined : String(decodeCursor(cursor, listName, 1).values[0])
    const rows = await database.read(listDeliveries({ endpoint, state, before }, limit + 1))
    const shown = rows.slice(0, limit)
    const last = rows.length > limit ? shown.at(-1)?.id : undefined
    const next = last === undefined ? null : encodeCursor(listName, { values: [last], rows: [] })
    return replyWith(c, { status: 200, data: shown.map(deliveryOf), more: { next }, headers: noStore })
  }

  async function get(c: Context, id: string) {
    const [row] = await database.read(findDelivery(id))
    if (row === undefined) throw new AppError('not_found', 'There is no such delivery.')
    return replyWith(c, { status: 200, data: { ...deliveryOf(row), body: String(row.body) }, headers: noStore })
  }

  function* rerunning(id: string): Steps<SqlRow> {
    const row = yield* one(findDelivery(id))
    const endpoint = String(row.endpoint)
    const { disabledAt } = yield* one(findEndpoint(endpoint))
    if (disabledAt !== null) throw new AppError('conflict', 'The endpoint is disabled. Enable it first.')
    const ms = now()
    const event = { id: String(row.event), type: String(row.type), body: String(row.body) }
    yield* run({ ...enqueueFor(endpoint, event, ms), afterCommit: ([queued]) => onDue(String(queued?.job), ms) })
    return row
  }

  function rerun(c: Context, id: string) {
    return commit(
      c,
      () => rerunning(id),
      (row) => ({ status: 200, data: deliveryOf(row), headers: noStore }),
    )
  }

  return new ValidatedRoutes({ tags: ['webhooks'], middleware: [requireAdministrator] })
    .openapi(listRoute, (c) => list(c, c.req.valid('query')))
    .openapi(getRoute, (c) => get(c, c.req.param('id')))
    .openapi(runRoute, (c) => rerun(c, c.req.param('id')))
}
