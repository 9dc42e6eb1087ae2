/** The route of the histories of a collection's rows, relative to `/api/NAME`. */
import { type RouteConfig, z } from '@hono/zod-openapi'
import { failures, page, pageParameters } from '../http/openapi.ts'
import { replyWith } from '../http/reply.ts'
import { readQuery, ValidatedRoutes } from '../http/validated-routes.ts'
import type { Context } from '../request/context.ts'
import type { AnyCollection, Collection } from './declaration.ts'
import type { Fields } from './field.ts'
import type { History } from './history.ts'
import { actorSchema, idParameter, titleOf } from './route-declarations.ts'
import { chargePage } from './routes.ts'
import type { HistoryAction } from './row-types.ts'

const actions = ['created', 'updated', 'deleted', 'restored'] satisfies HistoryAction[]

function declareHistoryRoute({ name, fields }: AnyCollection): RouteConfig {
  const title = titleOf(name)
  const change = z
    .object({ before: z.unknown(), after: z.unknown() })
    .nullable()
    .optional()
    .openapi({ description: 'The values before and after; null if they were too long to be kept.' })
  const entry = z
    .object({
      action: z.enum(actions),
      at: z.iso.datetime(),
      by: actorSchema,
      version: z.int().openapi({ description: 'The version of the row since then.' }),
      changes: z.object(Object.fromEntries(Object.keys(fields as Fields).map((field) => [field, change]))),
    })
    .openapi(`${title}HistoryEntry`)
  return {
    method: 'get',
    path: '/{id}/history',
    tags: [name],
    operationId: `history${title}`,
    summary: `List who changed one of ${name}, the newest change first`,
    request: { params: idParameter, query: pageParameters },
    responses: { 200: page(entry), ...failures(400, 404) },
  }
}

export function createHistoryRoutes<F extends Fields>(
  collection: Collection<string, F>,
  history: History<F>,
): ValidatedRoutes {
  async function list(c: Context): Promise<Response> {
    const startMs = performance.now()
    const { entries, next } = await history.list(c.req.param('id') ?? '', readQuery(c), c.env.identity)
    chargePage(c, startMs)
    return replyWith(c, { status: 200, data: entries, more: { next } })
  }
  return new ValidatedRoutes().add(declareHistoryRoute(collection), list)
}
