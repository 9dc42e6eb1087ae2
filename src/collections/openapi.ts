import { type RouteConfig, z } from '@hono/zod-openapi'
import { idPattern } from '../database/id.ts'
import { errorSchema, failures, idempotencyKey, json, positionSchema } from '../http/openapi.ts'
import type { AnyCollection } from './declaration.ts'
import { countMax } from './list.ts'
import { limitDefault, limitMax, listableFields } from './list-query.ts'

const idParameter = z.object({ id: z.string().regex(idPattern) })
const ifMatch = z.string().optional().openapi({ description: 'Fails with 412 unless this is the current ETag.' })

/** Describes the routes of a collection. */
export function describeCollection(collection: AnyCollection): RouteConfig[] {
  const { name, schemas } = collection
  const title = name.charAt(0).toUpperCase() + name.slice(1)
  const row = schemas.row.openapi(`${title}Row`)
  const one = (status: number) => z.object({ data: row, status: z.literal(status) })
  const page = z.object({
    data: z.array(row),
    next: z.string().nullable().openapi({ description: 'The cursor of the next page.' }),
    count: z
      .int()
      .optional()
      .openapi({ description: `With count=true; ${countMax} means this many or more.` }),
    position: positionSchema
      .optional()
      .openapi({ description: 'The position to follow the topic from; on the first page only.' }),
    status: z.literal(200),
  })
  const body = (schema: z.ZodType) => ({ required: true, content: { 'application/json': { schema } } })
  const create = body(forClients(schemas.create).openapi(`${title}Create`))
  const change = body(forClients(schemas.change).openapi(`${title}Change`))
  const path = `/api/${name}`
  const route = (
    method: RouteConfig['method'],
    at: string,
    operation: string,
    config: Omit<RouteConfig, 'method' | 'path'>,
  ): RouteConfig => ({ method, path: at, tags: [name], operationId: operation + title, ...config })
  const key = z.object({ 'Idempotency-Key': idempotencyKey })
  const keyAndMatch = z.object({ 'If-Match': ifMatch, 'Idempotency-Key': idempotencyKey })
  return [
    route('get', path, 'list', {
      summary: `List ${name}`,
      request: { query: listParameters(collection) },
      responses: { 200: json(page, 'A page.'), ...failures(400) },
    }),
    route('post', path, 'create', {
      summary: `Create one of ${name}`,
      request: { headers: key, body: create },
      responses: { 201: json(one(201), 'Created.'), ...failures(400, 409, 413, 422) },
    }),
    route('get', `${path}/{id}`, 'get', {
      summary: `Get one of ${name}`,
      request: { params: idParameter },
      responses: { 200: json(one(200), 'The row.'), 304: { description: 'It has not changed.' }, ...failures(404) },
    }),
    route('put', `${path}/{id}`, 'put', {
      summary: `Change the fields given; with If-None-Match: * create under this id`,
      request: {
        params: idParameter,
        headers: keyAndMatch.extend({ 'If-None-Match': z.literal('*').optional() }),
        body: change,
      },
      responses: {
        200: json(one(200), 'Changed.'),
        201: json(one(201), 'Created.'),
        ...failures(400, 404, 409, 412, 413, 422),
      },
    }),
    route('patch', `${path}/{id}`, 'patch', {
      summary: 'Change the fields given',
      request: { params: idParameter, headers: keyAndMatch, body: change },
      responses: { 200: json(one(200), 'Changed.'), ...failures(400, 404, 409, 412, 413, 422) },
    }),
    route('delete', `${path}/{id}`, 'delete', {
      summary: `Delete one of ${name}`,
      request: { params: idParameter, headers: keyAndMatch },
      responses: { 204: { description: 'Deleted.' }, ...failures(404, 409, 412, 422) },
    }),
  ]
}

/** Leaves out the fields that a client may send back but cannot set. */
function forClients(schema: z.ZodObject): z.ZodObject {
  return schema.omit({ id: true, createdAt: true, version: true })
}

function listParameters(collection: AnyCollection): z.ZodObject {
  const fields = [...listableFields(collection)]
  const sortable = fields.filter(([, column]) => !column.optional).map(([name]) => name)
  const filters = fields.flatMap(
    ([
      name,
      {
        filter: { operators, schema },
      },
    ]) =>
      operators.map((operator) => {
        const parameter = operator === '$in' ? z.array(schema) : schema
        return [`filter[${name}][${operator}]`, parameter.optional()] as const
      }),
  )
  return z.object({
    limit: z.coerce.number().int().min(1).max(limitMax).default(limitDefault),
    cursor: z.string().optional().openapi({ description: 'The `next` of the previous page.' }),
    sort: z
      .string()
      .optional()
      .openapi({
        description: `Fields separated by commas, with "-" before one for descending order: ${sortable.join(', ')}.`,
        example: '-createdAt',
      }),
    count: z.enum(['true', 'false']).optional(),
    ...Object.fromEntries(filters),
  })
}

/** Describes a route that has no description of its own, by its method and path. */
export function describeRoute(name: string, method: string, path: string): RouteConfig {
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, parameter = '']) => [parameter, z.string()] as const)
  return {
    method: method.toLowerCase() as RouteConfig['method'],
    path: path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}'),
    tags: [name],
    request: { params: z.object(Object.fromEntries(parameters)) },
    responses: { 200: { description: 'Done.' }, default: json(errorSchema, 'An error.') },
  }
}
