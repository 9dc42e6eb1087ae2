import type { z } from '@hono/zod-openapi'
import type { SqlValue } from '../../ports/database.ts'
import type { Operator } from '../operators.ts'

/**
 * The fate of a row when a row that it refers to is deleted: it prevents that (`restrict`), is deleted too (`cascade`), or
 * no longer refers to it: its field is null (`setNull`), or its list lacks that row (`removeFromList`).
 */
export type OnDelete = 'restrict' | 'cascade' | 'setNull' | 'removeFromList'

export interface Reference {
  /** The collection of the row that the field refers to. */
  collection: string
  onDelete: OnDelete
  /** True for a field that is a list of references. */
  isList: boolean
}

/** The collection of a reference: its name, or its declaration, of which the compiler knows the rows that `expand` gives. */
export type Target = string | { name: string; fields: Fields }

/** What the compiler knows of a reference. `fields` is of no use at run time, and is not there. */
export type ReferenceTo<T extends Target> = T extends { name: infer Name; fields: infer F }
  ? { collection: Name; fields: F }
  : { collection: T }

export function targetName(target: Target): string {
  return typeof target === 'string' ? target : target.name
}

/** How the values of a field are stored, filtered and read back. */
export interface Column {
  /** Kept with the table in `galley_fields`; a start with another type than the stored one is refused. */
  type: string
  sqlType: 'text' | 'integer' | 'real'
  /** Null for a kind that neither filters nor sorts. */
  filter: ColumnFilter | null
  optional: boolean
  indexed: boolean
  unique: boolean
  /** Null for a field of another kind. */
  references: Reference | null
  /** The approximate upper bound of a value, as stored or as JSON. */
  bytesMax: number
  /** The stored value of a row that gives none; null for no default. */
  default: SqlValue
  encode(value: unknown): SqlValue
  decode(stored: SqlValue): unknown
}

/** The filters of a column. */
export interface ColumnFilter {
  operators: readonly Operator[]
  /** The schema of one value in OpenAPI. */
  schema: z.ZodType
  /** Returns the stored form of a value in a query parameter, or null when it is not a valid one. */
  parse(text: string): SqlValue
  /** True for a kind that filters without an index, which it cannot have. It does not sort. */
  needsNoIndex?: true
}

/** A field of a collection: its validation and its column, of which the compiler knows `Known`. */
export interface Field<Output = unknown, Input = unknown, Known = unknown> {
  schema: z.ZodType<Output, Input>
  column: Column & Known
}

export type Fields = Readonly<Record<string, Field>>

/** The options of every kind of field. */
export interface Options<Value> {
  /** Allows null, which is the value of a row that gives none. */
  optional?: boolean
  /** The value of a row that gives none. */
  default?: Value
  /** Allows filters and, unless the field is optional, sorting. */
  indexed?: boolean
}

type Nullable<O> = O extends { optional: true } ? null : never
type Omittable<O> = O extends { optional: true } ? null | undefined : O extends { default: unknown } ? undefined : never

/** Whether lists filter and sort by a column. */
interface Listed<O> {
  indexed: O extends { indexed: infer Indexed } | { unique: infer Indexed } ? Indexed : false
  optional: O extends { optional: infer Optional } ? Optional : false
}

/** A field of these values and options. `Known` is what else the compiler knows of the column. */
export type FieldOf<Value, O, Known = unknown> = Field<Value | Nullable<O>, Value | Omittable<O>, Listed<O> & Known>

/** The column of a kind. `decode` never sees null, nor does `encode` without `hasNull`; values are stored as they are without them. */
interface Kind<Value>
  extends Pick<Column, 'type' | 'sqlType' | 'filter'>,
    Partial<Pick<Column, 'indexed' | 'unique' | 'references' | 'bytesMax'>> {
  /** Null is a value of the kind, which `encode` stores unless the field is optional. */
  hasNull?: boolean
  encode?(value: Value): SqlValue
  decode?(stored: SqlValue): Value
}

/** Of a UTF-16 unit in UTF-8. */
export const unitBytesMax = 3
/** Of a number, a time, an id or the like. */
const scalarBytesMax = 32

/** Creates a field from the schema of its values, its options and the column of its kind. */
export function createField<Value, O extends Options<Value>, Known = unknown>(
  schema: z.ZodType<Value, Value>,
  options: O,
  kind: Kind<Value>,
): FieldOf<Value, O, Known> {
  const { encode = asStored, decode } = kind
  const optional = options.optional === true
  const storesNull = kind.hasNull === true && !optional
  const initial = options.default === undefined ? undefined : schema.parse(options.default)
  // Every column has its properties in the same order, so that the code that decodes rows stays monomorphic.
  const column: Column = {
    type: kind.type,
    sqlType: kind.sqlType,
    filter: kind.filter,
    optional,
    indexed: kind.indexed ?? options.indexed === true,
    unique: kind.unique ?? false,
    references: kind.references ?? null,
    bytesMax: kind.bytesMax ?? scalarBytesMax,
    default: initial === undefined ? null : encode(initial),
    encode: (value) => (value === null && !storesNull ? null : encode(value as Value)),
    decode: decode ? (stored) => (stored === null ? null : decode(stored)) : asStored,
  }
  const full = withOptions(schema, optional, initial)
  return { schema: full as z.ZodType<never, never>, column: column as Column & Listed<O> & Known }
}

/** Converts nothing. */
export function asStored(value: unknown): SqlValue {
  return value as SqlValue
}

function withOptions(schema: z.ZodType, optional: boolean, initial: unknown): z.ZodType {
  const full = optional ? schema.nullable() : schema
  if (initial !== undefined) return full.default(initial)
  return optional ? full.default(null) : full
}
