import { z } from '@hono/zod-openapi'
import { idPattern } from '../../database/id.ts'
import {
  createField,
  type FieldOf,
  type OnDelete,
  type Options,
  type ReferenceTo,
  type Target,
  targetName,
} from './column.ts'
import { textFilter } from './text.ts'

interface ReferenceOptions extends Omit<Options<string>, 'default'> {
  /** The effect of deleting the row that the field names; default: `restrict`. */
  onDelete?: Exclude<OnDelete, 'removeFromList'>
}

/** For OpenAPI: the effect of deleting the row that is named. */
const effects: Record<NonNullable<ReferenceOptions['onDelete']>, string> = {
  restrict: 'which cannot be deleted before this row',
  cascade: 'with which this row is deleted',
  setNull: 'null once that is deleted',
}

/**
 * The id of a row of another collection, or of the same. That row must exist. Name the collection where it is declared later.
 * @throws TypeError when `setNull` is declared for a field that is not optional
 */
export function reference<const T extends Target, const O extends ReferenceOptions>(
  target: T,
  options: O = {} as O,
): FieldOf<string, O & { indexed: true }, { references: ReferenceTo<T> }> {
  const collection = targetName(target)
  const { onDelete = 'restrict' } = options
  if (!Object.hasOwn(effects, onDelete))
    throw new TypeError(`onDelete of a reference must be one of ${Object.keys(effects).join(', ')}.`)
  if (onDelete === 'setNull' && options.optional !== true)
    throw new TypeError(`A reference to ${collection} with onDelete: 'setNull' must be optional.`)
  const description = `The id of one of ${collection}, ${effects[onDelete]}.`
  const schema = z.string().regex(idPattern, `must be the id of one of ${collection}`).openapi({ description })
  return createField(
    schema,
    { ...options, indexed: true },
    {
      type: 'text',
      sqlType: 'text',
      filter: textFilter,
      references: { collection, onDelete, isList: false },
    },
  )
}
