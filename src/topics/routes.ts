/** The routes under `/api/topics`: follow and publish events, list the members. */
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import { negotiateType } from '../http/accept.ts'
import type { Commit } from '../http/commit.ts'
import { replyWith } from '../http/reply.ts'
import { type SchemaAt, ValidatedRoutes } from '../http/validated-routes.ts'
import type { Context, Env } from '../request/context.ts'
import type { EventStreams } from './event-stream.ts'
import type { LongPolls } from './long-poll.ts'
import type { Position } from './position.ts'
import type { Presence } from './presence.ts'
import type { Publisher } from './publisher.ts'
import { type EventInput, type FollowQuery, partitionRoutes, routesOf, topicRoutes } from './route-declarations.ts'
import type { Topic, TopicRules } from './topic.ts'

export interface TopicRoutesOptions {
  publisher: Publisher
  rules: TopicRules
  /** The topics to describe. */
  topics: readonly Topic[]
  presence: Presence
  commit: Commit
  streams: EventStreams
  polls: LongPolls
  epoch(): string
}

export type TopicRoutes = ReturnType<typeof createTopicRoutes>
/** The schema of the routes of topics, for `hc`. */
export type TopicSchema = SchemaAt<'/api/topics', TopicRoutes>

export function createTopicRoutes({
  publisher,
  rules,
  topics,
  presence,
  commit,
  streams,
  polls,
  epoch,
}: TopicRoutesOptions) {
  function follow(c: Context, query: FollowQuery) {
    const topic = topicOf(c)
    const type = negotiateType(c.req.raw.headers.get('accept'), ['application/json', 'text/event-stream'])
    if (type === null) throw new AppError('not_acceptable')
    const after = positionOf(query)
    const { expand = null, limit } = query
    if (type === 'text/event-stream') return streams.open(c, { topic, after: lastEventOf(c) ?? after, expand })
    return polls.wait(c, { topic, after, expand, limit, waitMs: query.wait * 1000 })
  }

  async function publish(c: Context, message: EventInput) {
    const topic = topicOf(c)
    return commit(c, await publisher.publishingOnce(topic, message, c.env.identity), ({ offset, isNew }) => ({
      status: isNew ? 201 : 200,
      data: { topic, offset, epoch: epoch() },
    }))
  }

  function members(c: Context) {
    const topic = topicOf(c)
    rules.authorize(topic, c.env.identity)
    return replyWith(c, { status: 200, data: presence.members(topic) })
  }

  const mayPublish: MiddlewareHandler<Env> = async (c, next) => {
    rules.authorize(topicOf(c), c.env.identity, 'publish')
    await next()
  }
  const hide = true
  const routes = new ValidatedRoutes()
    .openapi({ ...topicRoutes.follow, hide }, (c) => follow(c, c.req.valid('query')))
    .openapi({ ...topicRoutes.publish, hide, middleware: mayPublish }, (c) => publish(c, c.req.valid('json')))
    .openapi({ ...topicRoutes.presence, hide }, (c) => members(c))
    .openapi({ ...partitionRoutes.follow, hide }, (c) => follow(c, c.req.valid('query')))
    .openapi({ ...partitionRoutes.publish, hide, middleware: mayPublish }, (c) => publish(c, c.req.valid('json')))
    .openapi({ ...partitionRoutes.presence, hide }, (c) => members(c))
  for (const route of topics.flatMap(routesOf)) routes.openAPIRegistry.registerPath(route)
  return routes
}

function topicOf({ req }: Context): string {
  const partition = req.param('partition')
  return `${req.param('topic')}${partition === undefined ? '' : `/${partition}`}`
}

function positionOf({ after, epoch }: FollowQuery): Position | null {
  return after === undefined || epoch === undefined ? null : { epoch, offset: after }
}

/** The position in `Last-Event-ID`. An id from another server becomes a position in another history. */
function lastEventOf({ req }: Context): Position | null {
  const id = req.raw.headers.get('last-event-id')
  if (id === null || id === '') return null
  const [, epoch = '', offset = '0'] = /^(\w{1,64}):(\d{1,15})$/.exec(id) ?? []
  return { epoch, offset: Number(offset) }
}
