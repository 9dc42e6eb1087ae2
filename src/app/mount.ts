/** The routes of an app, in the order in which they are matched. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Hono, Schema } from 'hono'
import type { Auth } from '../auth/auth.ts'
import type { AnyCollection, AppDependencies } from '../collections/declaration.ts'
import { createHistoryRoutes } from '../collections/history-routes.ts'
import { describeRoute } from '../collections/route-declarations.ts'
import { createRoutes } from '../collections/routes.ts'
import type { RowsOfAll } from '../collections/rows.ts'
import { createTrashRoutes } from '../collections/trash-routes.ts'
import { upgradeError } from '../connections/upgrade.ts'
import { createAllow } from '../http/allow.ts'
import { failureResponse } from '../http/error-response.ts'
import type { Health } from '../http/health.ts'
import { createDescription } from '../http/openapi.ts'
import type { Platform } from '../ports/platform.ts'
import type { Context, Env } from '../request/context.ts'
import { createTransferRoutes } from '../transfer/routes.ts'
import { createFallback } from '../web/fallback.ts'
import { createMetricsRoute } from '../web/metrics.ts'
import { createPages } from '../web/pages.ts'
import type { Live } from './live.ts'
import type { AppOptions, RowsByName } from './options.ts'
import type { Services } from './services.ts'

/** Mounts the middleware and routes of the user. */
export function mountOwn<C extends readonly AnyCollection[], S extends Schema>(
  hono: OpenAPIHono<Env>,
  { middleware, routes }: AppOptions<C, S>,
  services: Services,
): void {
  const deps = services.deps as AppDependencies<RowsByName<C>>
  for (const each of middleware?.(deps) ?? []) {
    if (typeof each === 'function') hono.use(each)
    else hono.use(...each)
  }
  if (routes) mountRoutes(hono, '/', routes(deps))
}

/** Mounts the routes of collections, each with its own ones first: else `/:id` would take them. */
export function mountCollections(
  hono: OpenAPIHono<Env>,
  collections: readonly AnyCollection[],
  { deps, operationsOf, topicLog, requireValid }: Services,
  { epoch, draining }: { epoch(): string; draining: AbortSignal },
): void {
  for (const collection of collections) {
    const path = `/api/${collection.name}`
    const rows = deps.rows[collection.name] as RowsOfAll[string]
    if (collection.routes) mountRoutes(hono, path, collection.routes({ ...deps, rows }), collection.name)
    const { commit, database, now } = deps
    const operations = operationsOf(collection)
    if (operations.trash !== null) hono.route(path, createTrashRoutes(collection, operations.trash, commit))
    if (operations.history !== null) hono.route(path, createHistoryRoutes(collection, operations.history))
    hono.route(path, createTransferRoutes(collection, { operations, database, now, requireValid, draining }))
    hono.route(path, createRoutes(collection, { operations, commit, topicLog, epoch }))
  }
}

/** Mounts the routes that every server has, and the fallback for requests that no route takes. */
export function mountServer(
  hono: OpenAPIHono<Env>,
  platform: Platform,
  { collections, auth, jobRoutes, webhooks, live, health }: Parts,
): void {
  const { log, assets } = platform
  if (auth !== null) {
    hono.route('/api/auth', auth.routes)
    hono.route('/api/admin', auth.adminRoutes)
    hono.route('/api/admin', jobRoutes)
    if (webhooks !== null) hono.route('/api/admin', webhooks.routes)
  }
  hono.route('/api/topics', live.routes)
  hono.get('/api/connect', (c) => {
    throw upgradeError(c.req.raw)
  })
  hono.route('/', createPages(assets, collections))
  hono.route('/', createMetricsRoute(platform))
  hono.route('/health', health.routes)
  hono.get('/openapi.json', createDescription(hono))
  const fallback = createFallback(assets, createAllow(hono))
  const fail = (error: unknown, c: Context) => failureResponse(error, c.env, c.req.raw, { log, path: c.req.path })
  // Hono passes on what `notFound` throws to the middleware, and not to `onError`.
  hono.notFound((c) => fallback(c).catch((error) => fail(error, c)))
  hono.onError(fail)
}

interface Parts {
  collections: readonly AnyCollection[]
  auth: Auth | null
  jobRoutes: Services['jobRoutes']
  webhooks: Services['webhooks']
  live: Live
  health: Health
}

/** Mounts routes at a path. Those without a description of their own are listed in the app's by method and path. */
function mountRoutes<S extends Schema>(hono: OpenAPIHono<Env>, path: string, routes: Hono<Env, S>, tag?: string): void {
  hono.route(path, routes)
  const known = new Set(routes instanceof OpenAPIHono ? describedRoutes(routes) : [])
  for (const { method, path: below } of routes.routes) {
    const name = `${method} ${below.replaceAll(/(:\w+)\{[^}]*\}/g, '$1')}`
    if (method === 'ALL' || known.has(name)) continue
    known.add(name)
    const full = `${path}${below}`.replace(/\/{2,}/g, '/')
    hono.openAPIRegistry.registerPath(describeRoute(tag ?? tagOf(full), method, full))
  }
}

/** Names such as `GET /reports/:id`. */
function describedRoutes({ openAPIRegistry }: OpenAPIHono<Env>): string[] {
  return openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== 'route') return []
    const { method, path } = definition.route
    return `${method.toUpperCase()} ${path.replaceAll(/\{(.+?)\}/g, ':$1')}`
  })
}

/** The first part of the path, after `/api`. */
function tagOf(path: string): string {
  return /^\/(?:api\/)?([^/:]*)/.exec(path)?.[1] || 'routes'
}

/** In place of `app.use`, which Hono would ignore for all routes that are there already. */
export function refuseLateMiddleware(): never {
  throw new TypeError('Middleware must be given to createApp, as in { middleware: () => [logger()] }.')
}
