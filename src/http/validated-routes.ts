import { OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi'
import type { Handler, Hono, MiddlewareHandler, Schema } from 'hono'
import type { MergeSchemaPath } from 'hono/types'
import { invalidFields } from '../errors.ts'
import type { Context, Env } from '../request/context.ts'
import { readJson } from './body.ts'
import { validate } from './validation.ts'

/**
 * Routes declared by `createRoute`: path, description, types and validation come from one object. It differs from a plain
 * `OpenAPIHono` in how it validates: bodies are read as strict JSON whatever their content type, parameters may not be
 * repeated, and one `validation_failed` names all bad fields. The route's own middleware runs first, so that a client
 * without access gets 401 or 403 and not the result of the validation. Write handlers as `(c) => handle(c)`: from the
 * parameter type of a named function Hono would infer any path, and `hc` would lose the route.
 */
export class ValidatedRoutes extends OpenAPIHono<Env> {
  readonly #shared: SharedConfig

  constructor(shared: SharedConfig = {}) {
    super()
    this.#shared = shared
  }

  override openapi: OpenAPIHono<Env>['openapi'] = (config, handler) =>
    this.add(config, ...validators(config.request), handler as Handler)

  /** Adds a route whose last handler reads and validates its own input. */
  add({ middleware = [], hide = false, ...route }: RouteConfig, ...handlers: Handler[]): this {
    const { tags, middleware: shared = [] } = this.#shared
    if (!hide) this.openAPIRegistry.registerPath(tags ? { tags, ...route } : route)
    const path = route.path.replaceAll(/\/{(.+?)}/g, '/:$1')
    this.on([route.method], [path], ...shared, ...[middleware].flat(), ...handlers)
    return this
  }
}

interface SharedConfig {
  tags?: string[]
  /** Runs before the middleware of each route. */
  middleware?: readonly MiddlewareHandler<Env>[]
}

/** The schema of routes that are mounted at a path, for `hc`. */
export type SchemaAt<Path extends string, Routes> =
  Routes extends Hono<Env, infer S extends Schema, infer _> ? MergeSchemaPath<S, Path> : never

function validators({ body, query }: RouteConfig['request'] = {}): MiddlewareHandler<Env>[] {
  const json = body?.content['application/json']
  return [
    ...(query === undefined
      ? []
      : [validator('query', (c) => validate(query as z.ZodObject, readQuery(c), 'parameter'))]),
    ...(json && 'schema' in json
      ? [validator('json', async (c) => validate(json.schema as z.ZodObject, await readJson(c)))]
      : []),
  ]
}

function validator(target: 'json' | 'query', read: (c: Context) => object | Promise<object>): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.req.addValidatedData(target, await read(c))
    await next()
  }
}

/** The parameters of a request. @throws AppError `validation_failed` for one that is repeated */
export function readQuery(c: Context): Record<string, string> {
  const query = new URL(c.req.raw.url).searchParams
  const repeated = [...new Set(query.keys())].filter((name) => query.getAll(name).length > 1)
  if (repeated.length === 0) return Object.fromEntries(query)
  throw invalidFields(
    repeated.map((field) => ({ field, code: 'repeated', message: 'must not be given more than once' })),
  )
}
