/** Rows of a collection as records of CSV. */
import type { AnyCollection } from '../collections/declaration.ts'
import type { Column, Field, Fields } from '../collections/field.ts'
import { fieldNames } from '../collections/field-selection.ts'
import { type ErrorDetail, invalidField, invalidFields } from '../errors.ts'
import { documentDepthMax, parseJson } from '../http/json.ts'
import { type CsvValue, JsonValue, withoutEscape } from './csv.ts'

/** Turns records into rows, by the columns of a head. */
export interface Cells {
  /** @throws AppError `validation_failed` for another number of values than the head has */
  rowOf(values: readonly CsvValue[]): Record<string, unknown>
}

/** @throws AppError `validation_failed` for a head that names a field twice, or one that is not there */
export function createCells(collection: AnyCollection, head: readonly CsvValue[]): Cells {
  const known = fieldNames(collection)
  const names = head.map(({ text }) => text.trim())
  const problems: ErrorDetail[] = names.flatMap((name, index) => {
    if (!known.includes(name))
      return {
        field: name.slice(0, 100),
        code: 'unknown_field',
        message: 'there is no such field, which the first line names',
      }
    return names.indexOf(name) === index
      ? []
      : { field: name, code: 'repeated', message: 'is named twice in the first line' }
  })
  if (problems.length > 0) throw invalidFields(problems)
  const columns = names.map((name) => [name, (collection.fields[name] as Field | undefined)?.column] as const)
  return {
    rowOf(values) {
      if (values.length !== columns.length)
        throw invalidField(
          '',
          'wrong_length',
          `The record has ${values.length} values, and the first line ${columns.length}.`,
        )
      const row: Record<string, unknown> = {}
      for (const [index, [name, column]] of columns.entries()) {
        const value = cellValue(values[index] as CsvValue, column)
        if (value !== undefined) row[name] = value
      }
      return row
    },
  }
}

/** Makes the function that returns the values of a row for `csvLine`. */
export function cellsOf(
  { fields }: AnyCollection,
  names: readonly string[],
): (row: Readonly<Record<string, unknown>>) => unknown[] {
  const columns = names.map((name) => {
    const column = Object.hasOwn(fields, name) ? (fields as Fields)[name]?.column : undefined
    const isJson = column !== undefined && ![...textTypes, ...numberTypes, 'boolean'].includes(column.type)
    return { name, isJson, isOptional: column?.optional === true }
  })
  return (row) =>
    columns.map(({ name, isJson, isOptional }) => {
      const value = row[name]
      return isJson && !(isOptional && value === null) ? new JsonValue(value) : value
    })
}

const textTypes = new Set(['text', 'date', 'timestamp'])
const numberTypes = new Set(['integer', 'number'])
const numeric = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

/** Returns undefined where the record has no value. A text that is none of the field's kind stays, for the validation to refuse. */
function cellValue({ text, isQuoted }: CsvValue, column: Column | undefined): unknown {
  // `id`, `createdAt` and `version`.
  if (column === undefined) return text === '' ? undefined : text
  const { type } = column
  if (text === '' && !isQuoted)
    return column.optional ? null : type === 'text' && column.default === null ? '' : undefined
  if (textTypes.has(type)) return withoutEscape(text)
  const bare = text.trim()
  if (numberTypes.has(type)) return numeric.test(bare) ? Number(bare) : text
  if (type === 'boolean') return booleans.get(bare.toLowerCase()) ?? text
  return jsonOf(bare)
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

function jsonOf(text: string): unknown {
  try {
    return parseJson(text, { depthMax: documentDepthMax })
  } catch {
    return text
  }
}
