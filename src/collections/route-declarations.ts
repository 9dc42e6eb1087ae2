import { type RouteConfig, z } from '@hono/zod-openapi'
import { idPattern } from '../database/id.ts'
import {
  body,
  cursorParameter,
  errorSchema,
  failures,
  headers,
  idempotencyKey,
  json,
  positionSchema,
  success,
} from '../http/openapi.ts'
import { aggregateFields, groupFields } from './aggregate-query.ts'
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'
import { fieldNames } from './field-selection.ts'
import { groupDepthMax, type ListableColumn, type ListableFields, operatorsOf } from './filter-query.ts'
import { countMax } from './list.ts'
import { isIndexed, limitDefault, limitMax, listableFields } from './list-query.ts'
import { definitionOf } from './operators.ts'

export const idParameter = z.object({ id: z.string().regex(idPattern) })
/** The user who did something. */
export const actorSchema = z
  .string()
  .nullable()
  .openapi({ description: 'The id of a user, `system` for the server itself, null for an anonymous client.' })
const ifMatch = z.string().optional().openapi({ description: 'Fails with 412 unless this is the current ETag.' })

const key = { 'Idempotency-Key': idempotencyKey }
const keyAndMatch = { 'If-Match': ifMatch, ...key }

/** The beginning of the names of a collection's schemas. */
export function titleOf(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** Declares the routes of a collection, relative to its path. */
export function declareRoutes(collection: AnyCollection) {
  const { name, schemas } = collection
  const title = titleOf(name)
  const row = schemas.row.openapi(`${title}Row`)
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
  const create = { body: body(forClients(schemas.create).openapi(`${title}Create`)) }
  const change = { params: idParameter, body: body(forClients(schemas.change).openapi(`${title}Change`)) }
  const route = (
    operation: string,
    line: string,
    config: Pick<RouteConfig, 'summary' | 'description' | 'request' | 'responses'>,
  ) => {
    const [method, path] = line.split(' ') as [RouteConfig['method'], string]
    return { method, path, tags: [name], operationId: operation + title, ...config }
  }
  return {
    list: route('list', 'get /', {
      summary: `List ${name}`,
      request: { query: listParameters(collection) },
      responses: { 200: json(page, 'A page.'), ...failures(400) },
    }),
    aggregate: route('aggregate', 'get /aggregate', {
      summary: `Count ${name}, sum and compare their fields`,
      description: 'Reads the rows that match and the client may read, as one group or by the values of a field.',
      request: { query: aggregateParameters(collection) },
      responses: {
        200: success(200, z.array(groupSchema(title)), 'The groups, in the order of their values.'),
        ...failures(400),
      },
    }),
    create: route('create', 'post /', {
      summary: `Create one of ${name}`,
      request: { ...create, ...headers(key) },
      responses: { 201: success(201, row, 'Created.'), ...failures(400, 409, 413, 422) },
    }),
    get: route('get', 'get /{id}', {
      summary: `Get one of ${name}`,
      request: {
        params: idParameter,
        query: z.object({ fields: fieldsParameter(collection), ...expandParameter(collection) }),
      },
      responses: {
        200: success(200, row, 'The row.'),
        304: { description: 'It has not changed.' },
        ...failures(400, 404),
      },
    }),
    put: route('put', 'put /{id}', {
      summary: 'Change the fields given; with If-None-Match: * create under this id',
      request: { ...change, ...headers({ ...keyAndMatch, 'If-None-Match': z.literal('*').optional() }) },
      responses: {
        200: success(200, row, 'Changed.'),
        201: success(201, row, 'Created.'),
        ...failures(400, 404, 409, 412, 413, 422),
      },
    }),
    patch: route('patch', 'patch /{id}', {
      summary: 'Change the fields given',
      request: { ...change, ...headers(keyAndMatch) },
      responses: { 200: success(200, row, 'Changed.'), ...failures(400, 404, 409, 412, 413, 422) },
    }),
    delete: route('delete', 'delete /{id}', {
      summary: `Delete one of ${name}`,
      description:
        'Rows that refer to it are deleted too, or refer to nothing from then on, or prevent this (409), as their references declare.',
      request: { params: idParameter, ...headers(keyAndMatch) },
      responses: { 204: { description: 'Deleted.' }, ...failures(404, 409, 412, 422) },
    }),
  }
}

/** Leaves out the fields that a client may send back but cannot set. */
function forClients(schema: z.ZodObject): z.ZodObject {
  return schema.omit({ id: true, createdAt: true, version: true })
}

function groupSchema(title: string): z.ZodObject {
  const values = z.record(z.string(), z.unknown()).optional()
  return z
    .object({ count: z.int(), group: values, sum: values, avg: values, min: values, max: values })
    .openapi(`${title}Group`)
}

function aggregateParameters(collection: AnyCollection): z.ZodObject {
  const listable = listableFields(collection)
  const known = Array.from(aggregateFields(collection), ([name, columns]) => [name, namesParameter(columns)] as const)
  return z.object({
    ...Object.fromEntries(known),
    group: z.enum([...groupFields(listable).keys()]).optional(),
    ...filtersOf(listable),
  })
}

function namesParameter(columns: ReadonlyMap<string, unknown>): z.ZodType {
  const names = [...columns.keys()].join(', ') || 'none'
  return z
    .string()
    .optional()
    .openapi({ description: `Fields separated by commas: ${names}.` })
}

function listParameters(collection: AnyCollection): z.ZodObject {
  const listable = listableFields(collection)
  const sortable = [...listable].filter(([, column]) => isIndexed(column) && !column.optional).map(([name]) => name)
  return z.object({
    limit: z.coerce.number().int().min(1).max(limitMax).default(limitDefault),
    cursor: cursorParameter,
    sort: z
      .string()
      .optional()
      .openapi({
        description: `Fields separated by commas, with "-" before one for descending order: ${sortable.join(', ')}.`,
        example: '-createdAt',
      }),
    count: z.enum(['true', 'false']).optional(),
    fields: fieldsParameter(collection),
    ...expandParameter(collection),
    ...(collection.search && { search: searchParameter(collection.search) }),
    ...filtersOf(listable),
  })
}

function filtersOf(listable: ListableFields): Record<string, z.ZodType> {
  return {
    ...Object.fromEntries([...listable].flatMap(([name, column]) => filterParameters(name, column))),
    'filter[$or]': groupParameter('One of its members must match'),
    'filter[$and]': groupParameter('All of its members must match'),
  }
}

function fieldsParameter(collection: AnyCollection): z.ZodType {
  const description = `Leaves out all fields but these and \`id\`; separated by commas: ${fieldNames(collection).join(', ')}.`
  return z
    .string()
    .optional()
    .openapi({ description, example: fieldNames(collection).slice(0, 2).join() })
}

/** None for a collection without references. */
function expandParameter({ fields }: AnyCollection): Record<string, z.ZodType> {
  const references = Object.entries(fields as Fields).flatMap(([name, { column }]) => (column.references ? [name] : []))
  if (references.length === 0) return {}
  const description = `References whose rows are put into \`expand\` of each row: ${references.join(', ')}; separated by commas, and by a point before a reference of that row.`
  return { expand: z.string().optional().openapi({ description }) }
}

function searchParameter(fields: readonly string[]): z.ZodType {
  const description = `Words that must all be in ${fields.join(', ')}; of the last one the beginning. The best matches come first, in the place of a sort.`
  return z.string().optional().openapi({ description })
}

function filterParameters(name: string, column: ListableColumn): (readonly [string, z.ZodType])[] {
  const { schema } = column.filter
  return operatorsOf(column).map((operator) => {
    const { values, isFlag } = definitionOf(operator)
    const one = isFlag ? z.enum(['true', 'false']) : schema
    const parameter = values === undefined ? one : values === 'two' ? z.array(one).length(2) : z.array(one)
    return [`filter[${name}][${operator}]`, parameter.optional()] as const
  })
}

/** Describes `filter[$or][0][…]`. */
function groupParameter(meaning: string): z.ZodType {
  return z
    .record(z.string(), z.unknown())
    .optional()
    .openapi({
      param: { style: 'deepObject', explode: true },
      // Else explorers fill in members that are no filters.
      example: {},
      description: `${meaning}, as in \`filter[$or][0][id]=…&filter[$or][1][createdAt][$lt]=…\`. A member has filters, which must all match, and groups, ${groupDepthMax} inside each other at most.`,
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
