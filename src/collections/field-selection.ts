/** The parameter `fields`, which names the fields of a row that a response has. */
import { invalidField } from '../errors.ts'
import { isoTime } from '../iso-time.ts'
import type { SqlRow } from '../ports/database.ts'
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'

/** The names of the fields that a response has, in the order of a row; null for all. */
export type FieldSelection = readonly string[] | null

/** Returns the names of all fields of a row, in order. */
export function fieldNames({ fields }: AnyCollection): readonly string[] {
  return ['id', ...Object.keys(fields), 'createdAt', 'version']
}

/** Parses `title,done`; the id is always selected. @throws AppError `validation_failed` for a name that is not there */
export function parseFields(text: string, known: readonly string[]): readonly string[] {
  const names = new Set(text.split(',', known.length + 1))
  const unknown = [...names].find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw invalidField('fields', 'unknown_field', `there is no field ${JSON.stringify(unknown.slice(0, 100))}`)
  return known.filter((name) => name === 'id' || names.has(name))
}

/** Returns the selected fields of a row. */
export function selectFields(
  row: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, row[name]]))
}

/** Makes a function that converts the selected columns of stored rows to fields as the API gives them. */
export function decodeSelected(
  { fields }: AnyCollection,
  names: readonly string[],
): (stored: SqlRow) => Record<string, unknown> {
  const decoders = names.map((name) => {
    const declared = (fields as Fields)[name]
    const decode = declared?.column.decode ?? (name === 'createdAt' ? decodeTime : asStored)
    return [name, decode] as const
  })
  return (stored) => Object.fromEntries(decoders.map(([name, decode]) => [name, decode(stored[name] ?? null)]))
}

function decodeTime(stored: unknown): string {
  return isoTime(Number(stored))
}

function asStored(stored: unknown): unknown {
  return stored
}
