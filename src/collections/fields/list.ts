import { z } from '@hono/zod-openapi'
import type { SqlValue } from '../../ports/database.ts'
import { type Column, type ColumnFilter, createField, type Field, type FieldOf, type Options } from './column.ts'

interface ListOptions<Value> extends Omit<Options<Value[]>, 'indexed'> {
  /** The greatest number of values; 100 by default. */
  max?: number
}

const valuesMax = 100
/** Two quotation marks and a comma. */
const separatorBytes = 3

/**
 * Values of one kind, as `field.list(field.text({ max: 40 }))`, stored as JSON, and filtered by a value that they contain.
 * @throws TypeError when the kind is a reference or has options of a column
 */
export function list<Value, O extends ListOptions<Value>>(
  kind: Field<Value, Value>,
  options: O = {} as O,
): FieldOf<Value[], O, { type: 'list' }> {
  const { schema, column } = kind
  if (column.optional || column.indexed || column.default !== null)
    throw new TypeError('The values of a list must not be references, nor optional, indexed or with a default.')
  const { max = valuesMax } = options
  return createField(z.array(schema).max(max, `must have ${max} values or fewer`), options, {
    type: 'list',
    sqlType: 'text',
    filter: filterOf(column),
    bytesMax: max * (column.bytesMax + separatorBytes),
    encode: (values) => JSON.stringify(values),
    decode: (stored) => JSON.parse(String(stored)) as Value[],
  })
}

/** Filters by one value, which is compared as the JSON has it. Lists of lists and of JSON do not filter. */
function filterOf({ filter, decode }: Column): ColumnFilter | null {
  if (filter === null || filter.needsNoIndex) return null
  return {
    operators: ['$contains'],
    schema: filter.schema,
    needsNoIndex: true,
    parse(text) {
      const stored = filter.parse(text)
      const value = stored === null ? null : decode(stored)
      return typeof value === 'boolean' ? Number(value) : (value as SqlValue)
    },
  }
}
