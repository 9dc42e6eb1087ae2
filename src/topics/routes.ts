/** The routes under `/api/topics`: follow and publish events, list the members. */
import { z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { run } from '../database/steps.ts'
import { AppError, invalidField } from '../errors.ts'
import { negotiateType } from '../http/accept.ts'
import type { Commit } from '../http/commit.ts'
import { documentDepthMax, isDeeper } from '../http/json.ts'
import { replyWith } from '../http/reply.ts'
import { type SchemaAt, ValidatedRoutes } from '../http/validated-routes.ts'
import { validate } from '../http/validation.ts'
import type { Steps } from '../ports/database.ts'
import type { Context, Env } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import type { EventStreams } from './event-stream.ts'
import type { MessageName, TopicLog } from './log.ts'
import type { LongPolls } from './long-poll.ts'
import type { Position } from './position.ts'
import type { Presence } from './presence.ts'
import { type EventInput, type FollowQuery, partitionRoutes, routesOf, topicRoutes } from './route-declarations.ts'
import type { Topic, TopicRules } from './topic.ts'

/** Length of an event's data as JSON text. Larger data belongs in a file. */
const dataLengthMax = 65_536
/** So many that nobody finds two messages with one digest. */
const publisherDigestBytes = 20

export interface TopicRoutesOptions {
  log: TopicLog
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

export function createTopicRoutes({ log, rules, topics, presence, commit, streams, polls, epoch }: TopicRoutesOptions) {
  function follow(c: Context, query: FollowQuery) {
    const topic = topicOf(c)
    const type = negotiateType(c.req.raw.headers.get('accept'), ['application/json', 'text/event-stream'])
    if (type === null) throw new AppError('not_acceptable')
    const after = positionOf(query)
    if (type === 'text/event-stream') return streams.open(c, topic, lastEventOf(c) ?? after)
    return polls.wait(c, { topic, after, limit: query.limit, waitMs: query.wait * 1000 })
  }

  async function publish(c: Context, { id, type, data }: EventInput) {
    const topic = topicOf(c)
    const { identity } = c.env
    const json = dataText(rules.authorize(topic, identity, 'publish'), data)
    const name = id === undefined ? undefined : { publisher: await publisherOf(identity, type, json), messageId: id }
    return commit(
      c,
      () => appendOnce(topic, type, json, name),
      ({ offset, isNew }) => ({ status: isNew ? 201 : 200, data: { topic, offset, epoch: epoch() } }),
    )
  }

  /** Appends a message, or finds the event that has its id already. Fails with `message_id_reused` when that is another message. */
  function* appendOnce(
    topic: string,
    type: string,
    json: string,
    name?: MessageName,
  ): Steps<{ offset: number; isNew: boolean }> {
    const [appended] = yield* run(log.append(topic, type, json, name))
    if (appended || name === undefined) return { offset: Number(appended?.offset), isNew: true }
    const [found] = yield* run(log.find(topic, name))
    if (found?.type !== type || found.data !== json) throw new AppError('message_id_reused')
    return { offset: Number(found.offset), isNew: false }
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

/**
 * The publisher, within which message ids are unique: the user; and for an anonymous client, whom nothing tells apart from a
 * stranger, the message itself. So a stranger's message with the same id neither stands in for it nor blocks it.
 */
async function publisherOf(identity: Identity | null, type: string, json: string): Promise<string> {
  if (identity !== null) return identity.userId
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${type}\n${json}`))
  return `anonymous ${new Uint8Array(digest, 0, publisherDigestBytes).toHex()}`
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

/** Validates the data of a message by what its topic declares; returns it as JSON text. */
function dataText(topic: Topic, data: unknown): string {
  const text = JSON.stringify(validate(z.object({ data: topic.data }), { data }).data ?? null)
  if (text.length > dataLengthMax) {
    throw invalidField('data', 'too_large', `must be ${dataLengthMax} characters of JSON or fewer`)
  }
  if (isDeeper(text, documentDepthMax)) {
    throw invalidField('data', 'too_deep', `must not be nested deeper than ${documentDepthMax} levels`)
  }
  return text
}
