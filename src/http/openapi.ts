/** The OpenAPI document, and the parts that the descriptions of all routes share. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { keyAgeMaxHours } from '../database/idempotency-keys.ts'
import { errorTable } from '../errors.ts'
import type { Context, Env } from '../request/context.ts'
import { reply } from './reply.ts'

/** The body of every error. */
export const errorSchema = z
  .object({
    error: z.string().openapi({ description: 'The error in plain English.' }),
    status: z.int(),
    code: z.enum(Object.keys(errorTable) as [string, ...string[]]),
    requestId: z.string(),
    details: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .openapi('Error')

/** A position in a topic. */
export const positionSchema = z.object({ epoch: z.string(), offset: z.int().min(0) }).openapi('Position')

export const idempotencyKey = z
  .string()
  .max(255)
  .optional()
  .openapi({ description: `A repeat with the same key gets the first response again, for ${keyAgeMaxHours} hours.` })

export const cursorParameter = z.string().optional().openapi({ description: 'The `next` of the previous page.' })

/** The parameters of a list of at most a hundred entries. */
export const pageParameters = z.strictObject({
  limit: z.coerce.number<string>().int().min(1).max(100).default(50),
  cursor: cursorParameter,
})

/** A required JSON body. */
export function body<S extends z.ZodType>(schema: S) {
  return { required: true, content: { 'application/json': { schema } } } as const
}

/** Request headers. They are not in the type, since `hc` would require them; it sends headers by its options. */
export function headers(shape: Record<string, z.ZodType>): object {
  return { headers: z.object(shape) }
}

/** A response with a JSON body. */
export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** A response with the envelope of a success. */
export function success<const Status extends number, Data extends z.ZodType>(
  status: Status,
  data: Data,
  description = 'Done.',
) {
  return json(z.object({ data, status: z.literal(status) }), description)
}

/** One page of a list, in its envelope. */
export function page<Row extends z.ZodType>(row: Row) {
  return json(z.object({ data: z.array(row), next: z.string().nullable(), status: z.literal(200) }), 'A page.')
}

export const noContent = { 204: { description: 'Done.' } } as const

/** Error responses. They are not in the type, since every route may answer with an error and `hc`'s users check `ok`. */
export function failures(...statuses: number[]): object {
  return Object.fromEntries(statuses.map((status) => [status, json(errorSchema, textOf(status))]))
}

function textOf(status: number): string {
  return Object.values(errorTable).find((entry) => entry.status === status)?.text ?? 'An error.'
}

const info = { openapi: '3.1.0', info: { title: 'Galley', version: '1' }, servers: [{ url: '/' }] }

/** Makes the handler of `GET /openapi.json`. The document is made at the first request, when all routes are known. */
export function createDescription(hono: OpenAPIHono<Env>): (c: Context) => Response {
  let text: string | null = null
  return (c) => {
    text ??= JSON.stringify(hono.getOpenAPI31Document(info))
    return reply(c, 200, text)
  }
}
