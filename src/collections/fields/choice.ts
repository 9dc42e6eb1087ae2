import { z } from '@hono/zod-openapi'
import { createField, type FieldOf, type Options, unitBytesMax } from './column.ts'
import { textFilter } from './text.ts'

/** One of several texts, stored as text. */
export function choice<const V extends string, const O extends Options<V>>(
  values: readonly [V, ...V[]],
  options: O = {} as O,
): FieldOf<V, O> {
  const bytesMax = Math.max(...values.map((value) => value.length)) * unitBytesMax
  return createField(z.enum(values), options, { type: 'text', sqlType: 'text', filter: textFilter, bytesMax })
}
