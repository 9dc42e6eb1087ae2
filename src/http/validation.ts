import type { z } from '@hono/zod-openapi'
import { detailsMax, type ErrorDetail, invalidFields } from '../errors.ts'

/** Validates by a zod schema. @throws AppError `validation_failed` that names each bad field */
export function validate(schema: z.ZodObject, body: unknown): Record<string, unknown> {
  const result = schema.safeParse(body, { reportInput: true })
  if (result.success) return result.data
  throw invalidFields(result.error.issues.slice(0, detailsMax).flatMap(detailsOf))
}

function detailsOf(issue: z.core.$ZodIssue): ErrorDetail[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, detailsMax).map((key) => ({
      field: [...issue.path, key.slice(0, 100)].join('.'),
      code: 'unknown_field',
      message: 'there is no such field',
    }))
  }
  return [{ field: issue.path.join('.'), code: issue.code, message: messageOf(issue) }]
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return issue.message
  return issue.input === undefined && issue.path.length > 0 ? 'is required' : `must be of type ${issue.expected}`
}
