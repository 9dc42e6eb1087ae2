/** Schemas of the resources that the routes of webhooks take and return. */
import { z } from '@hono/zod-openapi'
import { cursorParameter } from '../../http/openapi.ts'
import { isoTime } from '../../iso-time.ts'
import type { SqlRow, SqlValue } from '../../ports/database.ts'
import { eventsMax, loggedMax, urlLengthMax, waitingDeliveriesMax } from '../limits.ts'

const time = z.iso.datetime()
const descriptionLengthMax = 200

export const endpoint = z
  .object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    events: z.array(z.string()),
    createdAt: time,
    disabledAt: time.nullable(),
    disabledReason: z.enum(['administrator', 'gone', 'failing']).nullable().openapi({
      description: '`gone`: it responded with 410. `failing`: nothing could be delivered for five days.',
    }),
    failingSince: time.nullable().openapi({ description: 'Since when each delivery has failed.' }),
    overflowedAt: time.nullable().openapi({
      description: `When events were left out last, because ${waitingDeliveriesMax} deliveries waited.`,
    }),
    oldSecretUntil: time.nullable().openapi({ description: 'Until when the secret before this one signs as well.' }),
    waiting: z.int().openapi({ description: 'Deliveries that wait, for the first attempt or for another.' }),
  })
  .openapi('Webhook')

export const newEndpoint = endpoint.extend({
  secret: z.string().openapi({ description: 'Only this response shows it.' }),
})

const states = z.enum(['retrying', 'delivered', 'failed'])

export const delivery = z
  .object({
    id: z.string(),
    endpoint: z.string(),
    event: z.string().openapi({ description: 'The `webhook-id`.' }),
    type: z.string(),
    state: states,
    attempts: z.int(),
    attemptedAt: time,
    durationMs: z.int().nullable(),
    status: z.int().nullable(),
    response: z.string().nullable().openapi({ description: 'The first bytes of the body.' }),
    error: z.string().nullable(),
  })
  .openapi('WebhookDelivery')

export const deliveryWithBody = delivery.extend({ body: z.string() })

const values = {
  url: z.string().max(urlLengthMax, `must have ${urlLengthMax} characters or fewer`),
  description: z
    .string()
    .trim()
    .max(descriptionLengthMax, `must have ${descriptionLengthMax} characters or fewer`)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be well-formed text'),
  events: z
    .array(z.string().max(100))
    .min(1, 'must name at least one event')
    .max(eventsMax, `must have ${eventsMax} events or fewer`)
    .openapi({ description: 'Such as `todos.created`, `todos.*`, or `*` for all.' }),
}

export const createSchema = z.strictObject({ ...values, description: values.description.default('') })

export const changeSchema = z.strictObject({ ...values, disabled: z.boolean() }).partial()

export const deliveriesQuery = z.strictObject({
  endpoint: z.string().max(40).optional(),
  state: states.optional(),
  limit: z.coerce.number<string>().int().min(1).max(100).default(50),
  cursor: cursorParameter,
})

function timeOf(ms: SqlValue | undefined): string | null {
  return typeof ms === 'number' ? isoTime(ms) : null
}

/** The API's form of an endpoint, without its secrets. */
export function endpointOf(row: SqlRow): z.output<typeof endpoint> {
  return {
    id: String(row.id),
    url: String(row.url),
    description: String(row.description),
    events: JSON.parse(String(row.events)) as string[],
    createdAt: isoTime(Number(row.createdAt)),
    disabledAt: timeOf(row.disabledAt),
    disabledReason: row.disabledReason as z.output<typeof endpoint>['disabledReason'],
    failingSince: timeOf(row.failingSince),
    overflowedAt: timeOf(row.overflowedAt),
    oldSecretUntil: timeOf(row.oldSecretUntil),
    waiting: Number(row.waiting),
  }
}

/** The API's form of a delivery, without its body. */
export function deliveryOf(row: SqlRow): z.output<typeof delivery> {
  return {
    id: String(row.id),
    endpoint: String(row.endpoint),
    event: String(row.event),
    type: String(row.type),
    state: row.state as z.output<typeof states>,
    attempts: Number(row.attempts),
    attemptedAt: isoTime(Number(row.attemptedAt)),
    durationMs: row.durationMs as number | null,
    status: row.status as number | null,
    response: row.response as string | null,
    error: row.error as string | null,
  }
}

export const listDescription = `The newest ${loggedMax} of each endpoint are kept, for two weeks.`
