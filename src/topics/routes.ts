import { z } from '@hono/zod-openapi'
import { Hono } from 'hono'
import { run } from '../database/steps.ts'
import { AppError, type ErrorDetail, invalidField, invalidFields } from '../errors.ts'
import { negotiateType } from '../http/accept.ts'
import { readJson } from '../http/body.ts'
import type { Commit } from '../http/idempotency.ts'
import { replyWith } from '../http/reply.ts'
import { validate } from '../http/validation.ts'
import type { Steps } from '../ports/database.ts'
import type { Context, Env } from '../request/context.ts'
import type { EventStreams } from './event-stream.ts'
import type { TopicLog } from './log.ts'
import { type LongPolls, waitSecondsMax } from './long-poll.ts'
import type { Position } from './position.ts'
import type { Presence } from './presence.ts'
import type { TopicRules } from './topic.ts'

export const eventsLimitDefault = 100
export const eventsLimitMax = 256
/** The data of an event as JSON text; what is larger belongs into a file. */
const dataLengthMax = 65_536

/** Any JSON. */
export const dataSchema = z.unknown().openapi({ description: 'Any JSON.' })

export const messageSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 printable ASCII characters without spaces')
    .optional(),
  type: z.string().regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 characters A-Z a-z 0-9 _ . : -'),
})

export interface TopicRoutesOptions {
  log: TopicLog
  rules: TopicRules
  presence: Presence
  commit: Commit
  streams: EventStreams
  polls: LongPolls
  epoch(): string
}

/** The routes under `/api/topics`: follow, publish, who is there. */
export function createTopicRoutes({
  log,
  rules,
  presence,
  commit,
  streams,
  polls,
  epoch,
}: TopicRoutesOptions): Hono<Env> {
  function read(c: Context): Promise<Response> {
    const topic = topicOf(c)
    const accept = c.req.raw.headers.get('accept')
    const type = negotiateType(accept, ['application/json', 'text/event-stream'])
    if (type === null) throw new AppError('not_acceptable')
    const query = new URL(c.req.url).searchParams
    refuseUnknown(query)
    if (type === 'text/event-stream') return streams.answer(c, topic, lastEventOf(c) ?? positionOf(query))
    const limit = numberOf(query, 'limit', eventsLimitDefault, 1, eventsLimitMax)
    const waitMs = numberOf(query, 'wait', 0, 0, waitSecondsMax) * 1000
    return polls.answer(c, { topic, after: positionOf(query), limit, waitMs })
  }

  async function publish(c: Context): Promise<Response> {
    const topic = topicOf(c)
    const { data } = rules.authorize(topic, c.env.identity, 'publish')
    const message = messageOf(await readJson(c), data)
    return commit(
      c,
      () => publishOnce(topic, message),
      ({ offset, isNew }) => ({ status: isNew ? 201 : 200, data: { topic, offset, epoch: epoch() } }),
    )
  }

  /** Appends a message, or finds the event that has its id already. */
  function* publishOnce(topic: string, { type, data, id }: Message): Steps<{ offset: number; isNew: boolean }> {
    const [appended] = yield* run(log.append(topic, type, JSON.stringify(data), id))
    const [found] = appended || id === undefined ? [appended] : yield* run(log.find(topic, id))
    return { offset: Number(found?.offset), isNew: appended !== undefined }
  }

  function members(c: Context): Response {
    const topic = topicOf(c)
    rules.authorize(topic, c.env.identity)
    return replyWith(c, { status: 200, data: presence.members(topic) })
  }

  const hono = new Hono<Env>()
  for (const topic of ['/:topic', '/:topic/:part']) {
    hono.get(`${topic}/events`, read).post(`${topic}/events`, publish).get(`${topic}/presence`, members)
  }
  return hono
}

function topicOf({ req }: Context): string {
  const part = req.param('part')
  return `${req.param('topic')}${part === undefined ? '' : `/${part}`}`
}

const parameters = new Set(['after', 'epoch', 'limit', 'wait'])

function refuseUnknown(query: URLSearchParams): void {
  const problems: ErrorDetail[] = []
  for (const name of new Set(query.keys())) {
    if (!parameters.has(name))
      problems.push({ field: name, code: 'unknown_parameter', message: 'is no parameter of this' })
    else if (query.getAll(name).length > 1) problems.push({ field: name, code: 'repeated', message: 'stands twice' })
  }
  if (problems.length > 0) throw invalidFields(problems)
}

function numberOf(query: URLSearchParams, name: string, unset: number, min: number, max: number): number {
  const text = query.get(name)
  if (text === null) return unset
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw invalidField(name, 'invalid_number', `must be a whole number from ${min} to ${max}`)
}

function positionOf(query: URLSearchParams): Position | null {
  const epoch = query.get('epoch')
  if (!query.has('after') && epoch === null) return null
  if (epoch === null) throw invalidField('epoch', 'missing', 'goes with after')
  if (!query.has('after')) throw invalidField('after', 'missing', 'goes with epoch')
  return { epoch, offset: numberOf(query, 'after', 0, 0, Number.MAX_SAFE_INTEGER) }
}

/** Another server's id, say, is a position of another history. */
function lastEventOf({ req }: Context): Position | null {
  const id = req.raw.headers.get('last-event-id')
  if (id === null || id === '') return null
  const [, epoch = '', offset = '0'] = /^(\w{1,64}):(\d{1,15})$/.exec(id) ?? []
  return { epoch, offset: Number(offset) }
}

interface Message {
  id?: string
  type: string
  data: unknown
}

function messageOf(body: unknown, data: z.ZodType): Message {
  const message = validate(messageSchema.extend({ data }), body) as unknown as Message
  const known = message.data ?? null
  if (JSON.stringify(known).length <= dataLengthMax) return { ...message, data: known }
  throw invalidField('data', 'too_large', `must be ${dataLengthMax} characters of JSON or fewer`)
}
