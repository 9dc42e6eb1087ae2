import { z } from '@hono/zod-openapi'
import { idPattern } from '../../database/id.ts'
import { createField, type FieldOf, type OnDelete, type ReferenceTo, type Target, targetName } from './column.ts'

interface ReferencesOptions {
  /** The greatest number of references; 100 by default, and 1,000 at most. */
  max?: number
  /** The effect of deleting a row that the list names; default: `restrict`. */
  onDelete?: Exclude<OnDelete, 'setNull'>
}

/** For OpenAPI: the effect of deleting a row that is named. */
const effects: Record<NonNullable<ReferencesOptions['onDelete']>, string> = {
  restrict: 'which cannot be deleted before this row',
  cascade: 'with each of which this row is deleted',
  removeFromList: 'without those that are deleted',
}

const referencesDefault = 100
/** A write keeps an entry of the index for each, which takes some microseconds. */
const referencesMax = 1000
/** Of an id with two quotation marks and a comma. */
const idBytes = 29

/**
 * The ids of rows of another collection, or of the same, in an order and without repeats. Those rows must exist. A row that gives none
 * has an empty list. Name the collection where it is declared later.
 * @throws TypeError for a `max` or an `onDelete` that there is not
 */
export function references<const T extends Target>(
  target: T,
  { max = referencesDefault, onDelete = 'restrict' }: ReferencesOptions = {},
): FieldOf<string[], { default: string[] }, { type: 'references'; references: ReferenceTo<T> }> {
  const collection = targetName(target)
  if (!Object.hasOwn(effects, onDelete))
    throw new TypeError(`onDelete of references must be one of ${Object.keys(effects).join(', ')}.`)
  if (!Number.isInteger(max) || max < 1 || max > referencesMax)
    throw new TypeError(`The max of references to ${collection} must be 1 to ${referencesMax}.`)
  const id = z.string().regex(idPattern, `must be the id of one of ${collection}`)
  const schema = z
    .array(id)
    .max(max, { error: `must have ${max} values or fewer`, abort: true })
    .refine((ids) => new Set(ids).size === ids.length, 'must not repeat a value')
    .openapi({ description: `Ids of ${collection}, ${effects[onDelete]}.` })
  return createField(
    schema,
    { default: [] },
    {
      type: 'references',
      sqlType: 'text',
      filter: {
        operators: ['$contains'],
        schema: z.string(),
        parse: (text) => (text.includes('\0') ? null : text),
        needsNoIndex: true,
      },
      references: { collection, onDelete, isList: true },
      bytesMax: max * idBytes,
      encode: (ids) => JSON.stringify(ids),
      decode: (stored) => JSON.parse(String(stored)) as string[],
    },
  )
}
