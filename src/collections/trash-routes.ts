/** The routes of a collection's trash, relative to `/api/NAME`. */
import { type RouteConfig, z } from '@hono/zod-openapi'
import type { Commit } from '../http/commit.ts'
import { etagOf } from '../http/etag.ts'
import { failures, headers, idempotencyKey, noContent, page, pageParameters, success } from '../http/openapi.ts'
import { replyWith } from '../http/reply.ts'
import { readQuery, ValidatedRoutes } from '../http/validated-routes.ts'
import { andThen } from '../ports/database.ts'
import type { Context } from '../request/context.ts'
import type { AnyCollection, Collection } from './declaration.ts'
import type { Fields } from './field.ts'
import { actorSchema, idParameter, titleOf } from './route-declarations.ts'
import { chargePage, dependentUnits } from './routes.ts'
import type { Trash } from './trash.ts'

function declareTrashRoutes({ name, schemas }: AnyCollection): Record<'list' | 'restore' | 'purge', RouteConfig> {
  const title = titleOf(name)
  const row = schemas.row.openapi(`${title}Row`)
  const entry = z.object({ row, deletedAt: z.iso.datetime(), deletedBy: actorSchema }).openapi(`${title}TrashEntry`)
  const request = { params: idParameter, ...headers({ 'Idempotency-Key': idempotencyKey }) }
  return {
    list: {
      method: 'get',
      path: '/trash',
      tags: [name],
      operationId: `listTrash${title}`,
      summary: `List the deleted ${name} that can be restored, the newest deletion first`,
      request: { query: pageParameters },
      responses: { 200: page(entry), ...failures(400) },
    },
    restore: {
      method: 'post',
      path: '/trash/{id}/restore',
      tags: [name],
      operationId: `restore${title}`,
      summary: `Restore one of ${name}`,
      description: 'Rows that were deleted with it are restored too.',
      request,
      responses: { 200: success(200, row, 'Restored.'), ...failures(400, 404, 409, 422) },
    },
    purge: {
      method: 'delete',
      path: '/trash/{id}',
      tags: [name],
      operationId: `purge${title}`,
      summary: `Delete one of ${name} that is in the trash for good`,
      description: 'Rows that were deleted with it are deleted for good too.',
      request,
      responses: { ...noContent, ...failures(404, 422) },
    },
  }
}

export function createTrashRoutes<F extends Fields>(
  collection: Collection<string, F>,
  trash: Trash<F>,
  commit: Commit,
): ValidatedRoutes {
  const routes = declareTrashRoutes(collection)

  function list(c: Context): Response | Promise<Response> {
    const startMs = performance.now()
    return andThen(trash.list(readQuery(c), c.env.identity), ({ entries, next }) => {
      chargePage(c, startMs)
      return replyWith(c, { status: 200, data: entries, more: { next } })
    })
  }

  const charge = (c: Context) => (count: number) => {
    c.env.extraUnits += count * dependentUnits
  }

  function restore(c: Context): Promise<Response> {
    return commit(c, trash.restoring(idOf(c), c.env.identity, charge(c)), (row) => ({
      status: 200,
      data: row,
      headers: { ETag: etagOf(row.version) },
    }))
  }

  const purge = (c: Context): Promise<Response> =>
    commit(c, trash.purging(idOf(c), c.env.identity, charge(c)), () => ({ status: 204 }))

  return new ValidatedRoutes().add(routes.list, list).add(routes.restore, restore).add(routes.purge, purge)
}

function idOf(c: Context): string {
  return c.req.param('id') ?? ''
}
