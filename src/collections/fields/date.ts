import { z } from '@hono/zod-openapi'
import { orderOperators } from '../operators.ts'
import { createField, type FieldOf, type Options } from './column.ts'

const schema = z.iso.date('must be a day such as 2026-11-28')

/** A day of the calendar without a time or a zone, `YYYY-MM-DD`, stored as text. */
export function date<const O extends Options<string>>(options: O = {} as O): FieldOf<string, O> {
  return createField(schema, options, {
    type: 'date',
    sqlType: 'text',
    filter: {
      operators: orderOperators,
      schema,
      parse: (text) => (schema.safeParse(text).success ? text : null),
    },
  })
}
