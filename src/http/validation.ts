import type { z } from '@hono/zod-openapi'
import { detailsMax, type ErrorDetail, invalidFields } from '../errors.ts'

/**
 * Validates by a zod schema. A refinement names its own error code by `params: { code }`.
 * @throws AppError `validation_failed` that names each bad field
 */
export function validate<S extends z.ZodObject>(
  schema: S,
  input: unknown,
  kind: 'field' | 'parameter' = 'field',
): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true })
  if (result.success) return result.data
  throw invalidFields(result.error.issues.slice(0, detailsMax).flatMap((issue) => detailsOf(issue, kind)))
}

function detailsOf(issue: z.core.$ZodIssue, kind: string): ErrorDetail[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, detailsMax).map((key) => ({
      field: [...issue.path, key.slice(0, 100)].join('.'),
      code: `unknown_${kind}`,
      message: `there is no such ${kind}`,
    }))
  }
  const code = issue.code === 'custom' ? String(issue.params?.code ?? issue.code) : issue.code
  return [{ field: issue.path.join('.'), code, message: messageOf(issue) }]
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return issue.message
  return issue.input === undefined && issue.path.length > 0 ? 'is required' : `must be of type ${issue.expected}`
}
