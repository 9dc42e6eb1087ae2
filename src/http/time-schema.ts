import { z } from '@hono/zod-openapi'
import { isoTime } from '../iso-time.ts'

const error = 'must be a time such as 2026-11-21T08:30:00Z'

/** A time with its zone, ISO 8601, from year 0000 to 9999 in UTC. Becomes the form that responses have. */
export const timeSchema = z.iso
  .datetime({ error, offset: true, abort: true })
  .overwrite((text) => isoTime(Date.parse(text)))
  // A year of more than four digits begins with a sign.
  .refine((text) => /^\d/.test(text), error)
