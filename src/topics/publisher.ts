/** Publishing messages: what the route and the clients inside the server have in common. */
import { z } from '@hono/zod-openapi'
import { run } from '../database/steps.ts'
import { AppError, invalidField } from '../errors.ts'
import { documentDepthMax, isDeeper } from '../http/json.ts'
import { validate } from '../http/validation.ts'
import type { Steps, Write } from '../ports/database.ts'
import { type Actor, identityOf } from '../request/identity.ts'
import type { MessageName, TopicLog } from './log.ts'
import type { Topic, TopicRules } from './topic.ts'

/** Length of an event's data as JSON text. Larger data belongs in a file. */
const dataLengthMax = 65_536
/** So many that nobody finds two messages with one digest. */
const publisherDigestBytes = 20

export const messageSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 printable ASCII characters without spaces')
    .optional(),
  type: z.string().regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 characters A-Z a-z 0-9 _ . : -'),
})

export interface Message {
  /** 1 to 64 characters `A-Z a-z 0-9 _ . : -`. */
  type: string
  /** JSON that the topic declares. */
  data?: unknown
}

export interface NamedMessage extends Message {
  /** A message that its publisher has sent with this id before is not published again. */
  id?: string | undefined
}

export interface Published {
  offset: number
  /** False for a message that was published before. */
  isNew: boolean
}

/** Prepares messages to be published: validates and throws at once, and returns the steps of a write. */
export interface Publisher {
  /** @throws AppError `not_found`, `unauthorized`, `forbidden`, `validation_failed` */
  publishing(topic: string, message: Message, who: Actor): Write<Published>
  /** The same for a message with an id. Its write fails with `message_id_reused` when that is another message. */
  publishingOnce(topic: string, message: NamedMessage, who: Actor): Promise<Write<Published>>
}

export function createPublisher({ log, rules }: { log: TopicLog; rules: TopicRules }): Publisher {
  const textOf = (topic: string, data: unknown, who: Actor) => dataText(rules.authorize(topic, who, 'publish'), data)

  function* append(topic: string, type: string, json: string): Steps<Published> {
    const [appended] = yield* run(log.append(topic, type, json))
    return { offset: Number(appended?.offset), isNew: true }
  }

  function* appendOnce(topic: string, type: string, json: string, name: MessageName): Steps<Published> {
    const [appended] = yield* run(log.append(topic, type, json, name))
    if (appended) return { offset: Number(appended.offset), isNew: true }
    const [found] = yield* run(log.find(topic, name))
    if (found?.type !== type || found.data !== json) throw new AppError('message_id_reused')
    return { offset: Number(found.offset), isNew: false }
  }

  return {
    publishing(topic, { type, data }, who) {
      validate(messageSchema, { type })
      const json = textOf(topic, data, who)
      return () => append(topic, type, json)
    },
    async publishingOnce(topic, { id, type, data }, who) {
      validate(messageSchema, { id, type })
      const json = textOf(topic, data, who)
      if (id === undefined) return () => append(topic, type, json)
      const name = { publisher: await publisherOf(who, type, json), messageId: id }
      return () => appendOnce(topic, type, json, name)
    },
  }
}

/**
 * The publisher, within which message ids are unique: the user; the server itself; and for an anonymous client, whom nothing
 * tells apart from a stranger, the message itself. So a stranger's message with the same id neither stands in for it nor blocks it.
 */
async function publisherOf(who: Actor, type: string, json: string): Promise<string> {
  if (who !== null) return identityOf(who)?.userId ?? 'system'
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${type}\n${json}`))
  return `anonymous ${new Uint8Array(digest, 0, publisherDigestBytes).toHex()}`
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
