/** Routes for administrators: the endpoints to which events are sent. */
import { createRoute, z } from '@hono/zod-openapi'
import { noStore, refuseIdempotencyKey, requireAdministrator } from '../../auth/routes/guards.ts'
import { one, run } from '../../database/steps.ts'
import { AppError, invalidField } from '../../errors.ts'
import { body, failures, noContent, success } from '../../http/openapi.ts'
import { replyWith } from '../../http/reply.ts'
import { ValidatedRoutes } from '../../http/validated-routes.ts'
import type { SqlRow, Steps } from '../../ports/database.ts'
import type { Context } from '../../request/context.ts'
import type { WebhookDependencies } from '../dependencies.ts'
import { DestinationError } from '../destination.ts'
import { makeSecret } from '../signature.ts'
import {
  deleteEndpoint,
  disableEndpoint,
  enableEndpoint,
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  updateEndpoint,
} from '../store/endpoints.ts'
import { changeSchema, createSchema, endpoint, endpointOf, newEndpoint } from './resources.ts'

const params = z.object({ id: z.string() })

const listRoute = createRoute({
  method: 'get',
  path: '/webhooks',
  operationId: 'listWebhooks',
  summary: 'List the endpoints of webhooks',
  responses: { 200: success(200, z.array(endpoint)), ...failures(401, 403) },
})

const createEndpointRoute = createRoute({
  method: 'post',
  path: '/webhooks',
  operationId: 'createWebhook',
  summary: 'Create an endpoint; only this response shows its secret',
  middleware: [refuseIdempotencyKey],
  request: { body: body(createSchema) },
  responses: { 201: success(201, newEndpoint), ...failures(400, 401, 403, 409) },
})

const getRoute = createRoute({
  method: 'get',
  path: '/webhooks/{id}',
  operationId: 'getWebhook',
  summary: 'Get one endpoint',
  request: { params },
  responses: { 200: success(200, endpoint), ...failures(401, 403, 404) },
})

const changeRoute = createRoute({
  method: 'patch',
  path: '/webhooks/{id}',
  operationId: 'changeWebhook',
  summary: 'Change an endpoint, disable or enable it',
  request: { params, body: body(changeSchema) },
  responses: { 200: success(200, endpoint), ...failures(400, 401, 403, 404) },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/webhooks/{id}',
  operationId: 'deleteWebhook',
  summary: 'Delete an endpoint; deliveries that wait are not sent',
  request: { params },
  responses: { ...noContent, ...failures(401, 403, 404) },
})

export function createEndpointRoutes(dependencies: WebhookDependencies) {
  const { commit, database, newId, now } = dependencies

  const list = async (c: Context) => {
    const rows = await database.read(listEndpoints())
    return replyWith(c, { status: 200, data: rows.map(endpointOf), headers: noStore })
  }

  async function get(c: Context, id: string) {
    const [row] = await database.read(findEndpoint(id))
    if (row === undefined) throw new AppError('not_found', 'There is no such endpoint.')
    return replyWith(c, { status: 200, data: endpointOf(row), headers: noStore })
  }

  function create(c: Context, values: z.output<typeof createSchema>) {
    const secret = makeSecret(dependencies)
    const insert = insertEndpoint(newId(), secret, now(), checked(values, dependencies))
    return commit(
      c,
      () => one(insert),
      (row) => ({ status: 201, data: { ...endpointOf(row), secret }, headers: noStore }),
    )
  }

  function* changing(id: string, { disabled, ...values }: z.output<typeof changeSchema>): Steps<SqlRow> {
    const before = endpointOf(yield* one(findEndpoint(id)))
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
    if (disabled !== undefined) yield* run(disabled ? disableEndpoint(id, 'administrator', now()) : enableEndpoint(id))
    return yield* one(updateEndpoint(id, { ...before, ...given }))
  }

  function change(c: Context, id: string, values: z.output<typeof changeSchema>) {
    const wanted = checked(values, dependencies)
    return commit(
      c,
      () => changing(id, wanted),
      (row) => ({ status: 200, data: endpointOf(row), headers: noStore }),
    )
  }

  function remove(c: Context, id: string) {
    return commit(
      c,
      () => one(deleteEndpoint(id)),
      () => ({ status: 204, headers: noStore }),
    )
  }

  return new ValidatedRoutes({ tags: ['webhooks'], middleware: [requireAdministrator] })
    .openapi(listRoute, (c) => list(c))
    .openapi(createEndpointRoute, (c) => create(c, c.req.valid('json')))
    .openapi(getRoute, (c) => get(c, c.req.param('id')))
    .openapi(changeRoute, (c) => change(c, c.req.param('id'), c.req.valid('json')))
    .openapi(deleteRoute, (c) => remove(c, c.req.param('id')))
}

/**
 * Returns the values with the URL in its usual form, so that another spelling of an address is shown for what it is.
 * @throws AppError `validation_failed`
 */
function checked<Values extends { url?: string | undefined; events?: readonly string[] | undefined }>(
  values: Values,
  { destinations, names }: WebhookDependencies,
): Values {
  const { url, events } = values
  if (events?.every((event) => names.includes(event)) === false)
    throw invalidField('events', 'unknown_event', `must be such as ${names.slice(0, 10).join(', ')}`)
  try {
    return url === undefined ? values : { ...values, url: destinations.parse(url).href }
  } catch (error) {
    if (error instanceof DestinationError) throw invalidField('url', 'invalid_url', error.message)
    throw error
  }
}
