import { z } from '@hono/zod-openapi'
import { orderOperators } from '../operators.ts'
import { createField, type FieldOf, type Options } from './column.ts'

export interface NumberOptions extends Options<number> {
  min?: number
  max?: number
}

/** A number of double precision. */
export function number<const O extends NumberOptions>(options: O = {} as O): FieldOf<number, O> {
  return createField(bounded(z.number(), options), options, {
    type: 'number',
    sqlType: 'real',
    filter: {
      operators: orderOperators,
      schema: z.number(),
      parse: (text) => (Number.isFinite(parseNumber(text)) ? Number(text) : null),
    },
  })
}

/** Restricts a schema of numbers to `min` and `max`. */
export function bounded<S extends z.ZodNumber>(schema: S, { min, max }: NumberOptions): S {
  let result = schema
  if (min !== undefined) result = result.min(min, `must be ${min} or more`)
  if (max !== undefined) result = result.max(max, `must be ${max} or less`)
  return result
}

/** A number in JSON (RFC 8259 §6), of a length that any double fits in. */
const numberPattern = /^(?=.{1,40}$)-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/** Reads a number as JSON writes it; NaN for any other text. */
export function parseNumber(text: string): number {
  return numberPattern.test(text) ? Number(text) : Number.NaN
}
