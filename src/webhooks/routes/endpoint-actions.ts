/** Routes for administrators: the secret of an endpoint, and a test event. */
import { createRoute, z } from '@hono/zod-openapi'
import { noStore, refuseIdempotencyKey, requireAdministrator } from '../../auth/routes/guards.ts'
import { one, run } from '../../database/steps.ts'
import { AppError } from '../../errors.ts'
import { failures, success } from '../../http/openapi.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import type { Steps } from '../../ports/database.ts'
import type { Context } from '../../request/context.ts'
import type { WebhookDependencies } from '../dependencies.ts'
import { makeEvent, testType } from '../event.ts'
import { makeSecret } from '../signature.ts'
import { findEndpoint, rotateSecret } from '../store/endpoints.ts'
import { enqueueFor } from '../store/queue.ts'
import { endpointOf, newEndpoint } from './resources.ts'

const params = z.object({ id: z.string() })

const rotateRoute = createRoute({
  method: 'post',
  path: '/webhooks/{id}/secret',
  operationId: 'rotateWebhookSecret',
  summary: 'Replace the secret; the old one signs as well for a day',
  middleware: [refuseIdempotencyKey],
  request: { params },
  responses: { 200: success(200, newEndpoint), ...failures(400, 401, 403, 404) },
})

const testRoute = createRoute({
  method: 'post',
  path: '/webhooks/{id}/test',
  operationId: 'testWebhook',
  summary: 'Send a test event',
  request: { params },
  responses: { 200: success(200, z.object({ delivery: z.string() })), ...failures(401, 403, 404, 409) },
})

export function createEndpointActions(dependencies: WebhookDependencies) {
  const { commit, newId, now, onDue } = dependencies

  function rotate(c: Context, id: string) {
    const secret = makeSecret(dependencies)
    return commit(
      c,
      () => one(rotateSecret(id, secret, now())),
      (row) => ({ status: 200, data: { ...endpointOf(row), secret }, headers: noStore }),
    )
  }

  function* testing(id: string): Steps<string> {
    const { disabledAt } = yield* one(findEndpoint(id))
    if (disabledAt !== null) throw new AppError('conflict', 'The endpoint is disabled. Enable it first.')
    const ms = now()
    const event = makeEvent(newId(), testType, ms, {})
    yield* run({ ...enqueueFor(id, event, ms), afterCommit: ([row]) => onDue(String(row?.job), ms) })
    return `${event.id}_${id}`
  }

  function test(c: Context, id: string) {
    return commit(
      c,
      () => testing(id),
      (delivery) => ({ status: 200, data: { delivery }, headers: noStore }),
    )
  }

  return new ValidatedRoutes({ tags: ['webhooks'], middleware: [requireAdministrator] })
    .openapi(rotateRoute, (c) => rotate(c, c.req.param('id')))
    .openapi(testRoute, (c) => test(c, c.req.param('id')))
}
