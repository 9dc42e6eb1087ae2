/** Declarations of the routes of topics, as `createRoute` takes them. */
import { createRoute, z } from '@hono/zod-openapi'
import { body, failures, headers, idempotencyKey, positionSchema, success } from '../http/openapi.ts'
import { messageSchema } from './publisher.ts'
import type { Topic } from './topic.ts'

const eventsLimitDefault = 100
const eventsLimitMax = 256
/** Ten paths of three names, and more. */
const expandLengthMax = 2000
/** Shorter than the time after which proxies and servers abort a request. */
const waitSecondsMax = 25

const anyJson = z.unknown().openapi({ description: 'Any JSON.' })
const anyEventJson = z.unknown().openapi({ description: 'Any JSON; null for a row that was changed or deleted since.' })

const event = z
  .object({ offset: z.int().min(1), type: z.string(), at: z.iso.datetime(), data: anyEventJson })
  .openapi('Event')

const polled = z.object({ data: z.array(event), position: positionSchema, status: z.literal(200) })

const member = z.object({ id: z.string(), user: z.string().nullable(), name: z.string(), state: anyJson })

const followQuery = z
  .strictObject({
    after: wholeNumber(0, Number.MAX_SAFE_INTEGER, { description: 'Returns events after this offset.' }).optional(),
    epoch: z.string().optional().openapi({ description: 'The epoch of `after`.' }),
    wait: wholeNumber(0, waitSecondsMax, { default: 0, description: 'Seconds to wait for new events.' }).default(0),
    expand: z
      .string()
      .max(expandLengthMax)
      .optional()
      .openapi({ description: 'For topics of collections: references whose rows are put into `expand` of each row.' }),
    limit: wholeNumber(1, eventsLimitMax, { default: eventsLimitDefault }).default(eventsLimitDefault),
  })
  .superRefine(({ after, epoch }, { addIssue }) => {
    const missing = (field: string, other: string) =>
      addIssue({ code: 'custom', path: [field], params: { code: 'missing' }, message: `is required with ${other}` })
    if (after !== undefined && epoch === undefined) missing('epoch', 'after')
    if (epoch !== undefined && after === undefined) missing('after', 'epoch')
  })

export type FollowQuery = z.output<typeof followQuery>
export type EventInput = z.output<typeof messageSchema> & { data?: unknown }
export type Polled = z.output<typeof polled>

function wholeNumber(minimum: number, maximum: number, metadata: { default?: number; description?: string }) {
  return z
    .string()
    .refine((text) => /^\d{1,16}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum, {
      params: { code: 'invalid_number' },
      message: `must be a whole number from ${minimum} to ${maximum}`,
    })
    .transform(Number)
    .openapi({ type: 'integer', minimum, maximum, ...metadata })
}

/** Not in the type: Hono's typed client reads JSON. */
const eventStream: object = { 'text/event-stream': { schema: z.string() } }

interface Names {
  tags: string[]
  /** Ends the operation ids. */
  title: string
}

/** Declares the routes under a path, whose parameters and data are those of one topic or of any. */
function declareRoutes<Path extends string, Params extends z.ZodObject, Data extends z.ZodType>(
  path: Path,
  { params, data, tags, title }: Names & { params: Params; data: Data },
) {
  const published = positionSchema.extend({ topic: z.string() })
  return {
    follow: createRoute({
      method: 'get',
      path: `${path}/events` as const,
      tags,
      operationId: `follow${title}`,
      summary: 'Follow the events after a position, by long poll or as server-sent events',
      request: { params, query: followQuery, ...headers({ 'Last-Event-ID': z.string().optional() }) },
      responses: {
        200: { description: 'The events.', content: { 'application/json': { schema: polled }, ...eventStream } },
        204: { description: 'There were no events in time.' },
        ...failures(400, 404, 410),
      },
    }),
    publish: createRoute({
      method: 'post',
      path: `${path}/events` as const,
      tags,
      operationId: `publish${title}`,
      summary: 'Publish an event',
      request: {
        params,
        ...headers({ 'Idempotency-Key': idempotencyKey }),
        body: body(messageSchema.extend({ data })),
      },
      responses: {
        200: success(200, published, 'A message with this id was published before.'),
        201: success(201, published, 'Published.'),
        ...failures(400, 403, 404, 413, 422),
      },
    }),
    presence: createRoute({
      method: 'get',
      path: `${path}/presence` as const,
      tags,
      operationId: `presence${title}`,
      summary: 'List the members who are present',
      request: { params },
      responses: { 200: success(200, z.array(member), 'The members.'), ...failures(404) },
    }),
  }
}

const name = z.object({ topic: z.string() })
const any = { data: anyJson.optional(), tags: [], title: '' }

/** The routes as they are served: one set for all topics, one for all partitions. */
export const topicRoutes = declareRoutes('/{topic}', { params: name, ...any })
export const partitionRoutes = declareRoutes('/{topic}/{partition}', {
  params: name.extend({ partition: z.string() }),
  ...any,
})

/** The routes of one topic, as OpenAPI describes them. */
export function routesOf({ name, data, isPartitioned, publish }: Topic) {
  const title = `Topic${name.charAt(0).toUpperCase()}${name.slice(1)}`
  const routes = isPartitioned
    ? declareRoutes(`/${name}/{partition}`, {
        params: z.object({ partition: z.string() }),
        data,
        title,
        tags: [`topics ${name}/…`],
      })
    : declareRoutes(`/${name}`, { params: z.object({}), data, title, tags: [`topic ${name}`] })
  return publish === 'nobody' ? [routes.follow, routes.presence] : [routes.follow, routes.publish, routes.presence]
}
