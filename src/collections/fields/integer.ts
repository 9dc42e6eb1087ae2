import { z } from '@hono/zod-openapi'
import { orderOperators } from '../operators.ts'
import { createField, type FieldOf } from './column.ts'
import { bounded, type NumberOptions, parseNumber } from './number.ts'

/** A whole number from -(2^53 - 1) to 2^53 - 1. */
export function integer<const O extends NumberOptions>(options: O = {} as O): FieldOf<number, O> {
  return createField(bounded(z.int(), options), options, {
    type: 'integer',
    sqlType: 'integer',
    filter: {
      operators: orderOperators,
      schema: z.int(),
      parse: (text) => (Number.isSafeInteger(parseNumber(text)) ? Number(text) : null),
    },
  })
}
