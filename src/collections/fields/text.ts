import { z } from '@hono/zod-openapi'
import { textOperators } from '../operators.ts'
import { type ColumnFilter, createField, type FieldOf, type Options, unitBytesMax } from './column.ts'

interface TextOptions extends Options<string> {
  /** Removes white space at both ends, before the length is checked. */
  trim?: boolean
  /** The least length in UTF-16 units. */
  min?: number
  /** The greatest length in UTF-16 units; 10,000 by default, and 1,000 at most for an indexed field. */
  max?: number
  /** Refuses a value that another row has; implies `indexed`. */
  unique?: boolean
}

const lengthMax = 10_000
/** Indexed values are compared with parameters of URLs. */
const indexedLengthMax = 1000

export const textFilter: ColumnFilter = {
  operators: textOperators,
  schema: z.string(),
  parse: (text) => (text.includes('\0') ? null : text),
}

/** Text, stored as it is. @throws TypeError when an indexed field is too long */
export function text<const O extends TextOptions>(options: O = {} as O): FieldOf<string, O> {
  const { trim = false, min = 0, unique = false } = options
  const indexed = unique || options.indexed === true
  const { max = indexed ? indexedLengthMax : lengthMax } = options
  if (indexed && max > indexedLengthMax)
    throw new TypeError(`An indexed text may have ${indexedLengthMax} characters at most.`)
  const schema = (trim ? z.string().trim() : z.string())
    .min(min, min === 1 ? 'must not be empty' : `must have ${min} characters or more`)
    .max(max, `must have ${max} characters or fewer`)
    .refine(isStorable, 'must be well-formed text without NUL characters')
  return createField(schema, options, {
    type: 'text',
    sqlType: 'text',
    filter: textFilter,
    unique,
    indexed,
    bytesMax: max * unitBytesMax,
  })
}

function isStorable(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0')
}
