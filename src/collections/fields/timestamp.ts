import { timeSchema } from '../../http/time-schema.ts'
import { isoTime } from '../../iso-time.ts'
import { orderOperators } from '../operators.ts'
import { createField, type FieldOf, type Options } from './column.ts'

/** A point in time, ISO 8601 with its zone, kept to the millisecond and stored as milliseconds since 1970. */
export function timestamp<const O extends Options<string>>(options: O = {} as O): FieldOf<string, O> {
  return createField(timeSchema, options, {
    type: 'timestamp',
    sqlType: 'integer',
    filter: { operators: orderOperators, schema: timeSchema, parse: parseTime },
    encode: (value) => Date.parse(value),
    decode: (stored) => isoTime(Number(stored)),
  })
}

const dayLength = '2026-11-28'.length

/** Reads a time as writes do, or a day, which means its midnight in UTC. */
function parseTime(text: string): number | null {
  const { data } = timeSchema.safeParse(text.length === dayLength ? `${text}T00:00:00Z` : text)
  return data === undefined ? null : Date.parse(data)
}
