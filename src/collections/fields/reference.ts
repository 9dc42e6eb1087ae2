import { z } from '@hono/zod-openapi'
import { idPattern } from '../../database/id.ts'
import { createField, type FieldOf, type Options } from './column.ts'
import { textFilter } from './text.ts'

/** The id of a row of another collection. That row must exist, and cannot be deleted while a row refers to it. */
export function reference<const O extends Omit<Options<string>, 'default'>>(
  collection: string,
  options: O = {} as O,
): FieldOf<string, O> {
  const schema = z.string().regex(idPattern, `must be the id of one of ${collection}`)
  return createField(schema, options, {
    type: 'text',
    sqlType: 'text',
    filter: textFilter,
    indexed: true,
    references: collection,
  })
}
