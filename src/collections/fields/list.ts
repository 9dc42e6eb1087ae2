import { z } from '@hono/zod-openapi'
import { createField, type Field, type FieldOf, type Options } from './column.ts'

interface ListOptions<Value> extends Omit<Options<Value[]>, 'indexed'> {
  /** The greatest number of values; 100 by default. */
  max?: number
}

const valuesMax = 100
/** Two quotation marks and a comma. */
const separatorBytes = 3

/**
 * Values of one kind, as `field.list(field.text({ max: 40 }))`, stored as JSON and neither sorted nor filtered.
 * @throws TypeError when the kind is a reference or has options of a column
 */
export function list<Value, O extends ListOptions<Value>>(
  kind: Field<Value, Value>,
  options: O = {} as O,
): FieldOf<Value[], O> {
  const { schema, column } = kind
  if (column.optional || column.indexed || column.default !== null)
    throw new TypeError('The values of a list must not be references, nor optional, indexed or with a default.')
  const { max = valuesMax } = options
  return createField(z.array(schema).max(max, `must have ${max} values or fewer`), options, {
    type: 'list',
    sqlType: 'text',
    filter: null,
    bytesMax: max * (column.bytesMax + separatorBytes),
    encode: (values) => JSON.stringify(values),
    decode: (stored) => JSON.parse(String(stored)) as Value[],
  })
}
