import { z } from '@hono/zod-openapi'
import { isoTime } from '../../iso-time.ts'
import { orderOperators } from '../operators.ts'
import { createField, type FieldOf, type Options } from './column.ts'

/** A point in time, ISO 8601 in UTC to the millisecond, stored as milliseconds since 1970. */
export function timestamp<const O extends Options<string>>(options: O = {} as O): FieldOf<string, O> {
  const schema = z.iso.datetime('must be a time such as 2026-11-21T08:30:00Z').overwrite(normalize)
  return createField(schema, options, {
    type: 'timestamp',
    sqlType: 'integer',
    filter: { operators: orderOperators, schema: z.iso.datetime(), parse: parseTime },
    encode: (value) => Date.parse(value),
    decode: (stored) => isoTime(Number(stored)),
  })
}

/** Returns the form that a read gives, so that the response to a write has the same. */
function normalize(text: string): string {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? text : new Date(ms).toISOString()
}

/** A day or a time with its zone. */
const timePattern = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

function parseTime(text: string): number | null {
  const ms = timePattern.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}
