import { type RouteConfig, z } from '@hono/zod-openapi'
import { failures, idempotencyKey, json, positionSchema } from '../http/openapi.ts'
import { waitSecondsMax } from './long-poll.ts'
import { dataSchema, eventsLimitDefault, eventsLimitMax, messageSchema } from './routes.ts'
import type { Topic } from './topic.ts'

const event = z
  .object({ offset: z.int().min(1), type: z.string(), at: z.iso.datetime(), data: dataSchema })
  .openapi('Event')

const followParameters = z.object({
  after: z.coerce.number().int().min(0).optional().openapi({ description: 'Goes on after this offset of the epoch.' }),
  epoch: z.string().optional(),
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(waitSecondsMax)
    .default(0)
    .openapi({ description: 'Seconds, for what is yet to come.' }),
  limit: z.coerce.number().int().min(1).max(eventsLimitMax).default(eventsLimitDefault),
})

/** The OpenAPI paths of one topic. */
export function describeTopic(topic: Topic): RouteConfig[] {
  const { name, isParted, publish } = topic
  const path = `/api/topics/${name}${isParted ? '/{part}' : ''}`
  const tags = [isParted ? `topics ${name}/…` : `topic ${name}`]
  const params = isParted ? { params: z.object({ part: z.string() }) } : {}
  const title = `Topic${name.charAt(0).toUpperCase()}${name.slice(1)}`
  const polled = z.object({ data: z.array(event), position: positionSchema, status: z.literal(200) })
  const published = (status: 200 | 201) =>
    json(
      z.object({ data: positionSchema.extend({ topic: z.string() }), status: z.literal(status) }),
      status === 201 ? 'Published.' : 'It was published before.',
    )
  const follow: RouteConfig = {
    method: 'get',
    path: `${path}/events`,
    tags,
    operationId: `follow${title}`,
    summary: 'Follow: what came after a position, by long poll or as server-sent events',
    request: { ...params, query: followParameters, headers: z.object({ 'Last-Event-ID': z.string().optional() }) },
    responses: {
      200: {
        description: 'What there is.',
        content: { 'application/json': { schema: polled }, 'text/event-stream': { schema: z.string() } },
      },
      204: { description: 'Nothing came in time.' },
      ...failures(400, 404, 410),
    },
  }
  const add: RouteConfig = {
    method: 'post',
    path: `${path}/events`,
    tags,
    operationId: `publish${title}`,
    summary: 'Publish',
    request: {
      ...params,
      headers: z.object({ 'Idempotency-Key': idempotencyKey }),
      body: { required: true, content: { 'application/json': { schema: messageSchema.extend({ data: topic.data }) } } },
    },
    responses: { 200: published(200), 201: published(201), ...failures(400, 403, 404, 413, 422) },
  }
  const present: RouteConfig = {
    method: 'get',
    path: `${path}/presence`,
    tags,
    operationId: `presence${title}`,
    summary: 'Who is there',
    request: params,
    responses: {
      200: json(
        z.object({
          data: z.array(z.object({ id: z.string(), user: z.string().nullable(), name: z.string(), state: dataSchema })),
          status: z.literal(200),
        }),
        'The members.',
      ),
      ...failures(404),
    },
  }
  return publish === 'nobody' ? [follow, present] : [follow, add, present]
}
