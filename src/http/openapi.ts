/** Schemas that the descriptions of all routes share. */
import { z } from '@hono/zod-openapi'
import { errorTable } from '../errors.ts'

/** The body of every error. */
export const errorSchema = z
  .object({
    error: z.string().openapi({ description: 'The message for people.' }),
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
  .openapi({ description: 'A repeat with the same key gets the first response again, for 24 hours.' })

export function json(schema: z.ZodType, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

export function failures(...statuses: number[]) {
  return Object.fromEntries(statuses.map((status) => [status, json(errorSchema, textOf(status))]))
}

function textOf(status: number): string {
  return Object.values(errorTable).find((entry) => entry.status === status)?.text ?? 'An error.'
}
