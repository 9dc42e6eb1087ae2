import { z } from '@hono/zod-openapi'
import { documentDepthMax, isDeeper } from '../../http/json.ts'
import { createField, type FieldOf, type Options, unitBytesMax } from './column.ts'

interface JsonOptions<Value> extends Omit<Options<Value>, 'indexed'> {
  /** The greatest length as JSON text in UTF-16 units; 65,536 by default. */
  max?: number
}

const lengthMax = 65_536

/** Any JSON that a zod schema describes, stored as text and neither sorted nor filtered. @throws TypeError for an optional schema */
export function json<S extends z.ZodType, O extends JsonOptions<z.output<S>>>(
  schema: S,
  options: O = {} as O,
): FieldOf<z.output<S>, O> {
  const { max = lengthMax } = options
  if (schema instanceof z.ZodOptional) throw new TypeError('A JSON field is optional by its option, not by its schema.')
  const bounded = schema
    .refine((value) => value !== undefined, { error: 'is required', abort: true })
    .refine(
      (value) => !isDeeper(JSON.stringify(value), documentDepthMax),
      `must not be nested deeper than ${documentDepthMax} levels`,
    )
    .refine((value) => JSON.stringify(value).length <= max, `must be ${max} characters of JSON or fewer`)
  return createField(bounded as z.ZodType<z.output<S>, z.output<S>>, options, {
    type: 'json',
    sqlType: 'text',
    filter: null,
    bytesMax: max * unitBytesMax,
    encode: (value) => JSON.stringify(value),
    decode: (stored) => JSON.parse(String(stored)) as z.output<S>,
  })
}
