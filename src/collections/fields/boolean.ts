import { z } from '@hono/zod-openapi'
import { equalityOperators } from '../operators.ts'
import { createField, type FieldOf, type Options } from './column.ts'

/** True or false, stored as 1 or 0. */
export function boolean<const O extends Options<boolean>>(options: O = {} as O): FieldOf<boolean, O> {
  return createField(z.boolean(), options, {
    type: 'boolean',
    sqlType: 'integer',
    filter: {
      operators: equalityOperators,
      schema: z.enum(['true', 'false']),
      parse: (text) => (text === 'true' ? 1 : text === 'false' ? 0 : null),
    },
    encode: Number,
    decode: (stored) => stored !== 0,
  })
}
