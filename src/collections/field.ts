import { z } from '@hono/zod-openapi'
import { idPattern } from '../database/id.ts'
import { isoTime } from '../iso-time.ts'
import type { SqlValue } from '../ports/database.ts'

/** What the table must know of a field. */
export interface Column {
  type: 'text' | 'boolean' | 'integer' | 'number' | 'timestamp' | 'json'
  optional: boolean
  indexed: boolean
  unique: boolean
  /** The collection whose row this field names. */
  references: string | null
  /** The most that a value takes, roughly, as stored or as JSON. */
  bytesMax: number
  /** What a row gets that says nothing, as it is stored; null for none. */
  default: SqlValue
  encode(value: unknown): SqlValue
  decode(stored: SqlValue): unknown
}

/** A field of a collection: how a value is validated, and how it is stored. */
export interface Field<Output = unknown, Input = unknown> {
  schema: z.ZodType<Output, Input>
  column: Column
}

export type Fields = Readonly<Record<string, Field>>

/** What every kind of field takes. */
interface Options<Value> {
  /** May be null, and is when nothing is said. */
  optional?: boolean
  /** What it is when nothing is said. */
  default?: Value
  /** May be filtered by and, unless optional, sorted by. */
  indexed?: boolean
}

interface TextOptions extends Options<string> {
  /** Removes white space at both ends, before the length is checked. */
  trim?: boolean
  /** The least length in UTF-16 units. */
  min?: number
  /** The greatest length in UTF-16 units; 10,000 unless told, and 1,000 at most where it is indexed. */
  max?: number
  /** No two rows may have the same; implies indexed. */
  unique?: boolean
}

interface NumberOptions extends Options<number> {
  min?: number
  max?: number
}

type Optional<O> = O extends { optional: true } ? null : never
type Omittable<O> = O extends { optional: true } ? null | undefined : O extends { default: unknown } ? undefined : never
type FieldOf<Value, O> = Field<Value | Optional<O>, Value | Omittable<O>>

interface JsonOptions<Value> extends Omit<Options<Value>, 'indexed'> {
  /** The greatest length as JSON text in UTF-16 units; 65,536 unless told. */
  max?: number
}

const textLengthMax = 10_000
/** What is indexed goes into cursors, and so into addresses. */
const indexedLengthMax = 1000
const jsonLengthMax = 65_536
/** Of a UTF-16 unit in UTF-8. */
const unitBytesMax = 3
/** Of a number, a time, an id or the like. */
const scalarBytesMax = 32
const isText = (value: string) => value.isWellFormed() && !value.includes('\0')

function text<const O extends TextOptions>(options: O = {} as O): FieldOf<string, O> {
  const { trim = false, min = 0, unique = false } = options
  const indexed = unique || options.indexed === true
  const { max = indexed ? indexedLengthMax : textLengthMax } = options
  if (indexed && max > indexedLengthMax)
    throw new TypeError(`An indexed text may have ${indexedLengthMax} characters at most.`)
  let schema = z.string()
  if (trim) schema = schema.trim()
  schema = schema
    .min(min, min === 1 ? 'must not be empty' : `must have ${min} characters or more`)
    .max(max, `must have ${max} characters or fewer`)
    .refine(isText, 'must be well-formed text without NUL characters')
  return build(schema, options, { type: 'text', unique, indexed, bytesMax: max * unitBytesMax })
}

function choice<const V extends string, const O extends Options<V>>(
  values: readonly [V, ...V[]],
  options: O = {} as O,
): FieldOf<V, O> {
  const bytesMax = Math.max(...values.map((value) => value.length)) * unitBytesMax
  return build(z.enum(values), options, { type: 'text', bytesMax })
}

function boolean<const O extends Options<boolean>>(options: O = {} as O): FieldOf<boolean, O> {
  return build(z.boolean(), options, { type: 'boolean', encode: Number, decode: (stored) => stored !== 0 })
}

function integer<const O extends NumberOptions>(options: O = {} as O): FieldOf<number, O> {
  return build(bounded(z.int(), options), options, { type: 'integer' })
}

function number<const O extends NumberOptions>(options: O = {} as O): FieldOf<number, O> {
  return build(bounded(z.number(), options), options, { type: 'number' })
}

function bounded<S extends z.ZodNumber>(schema: S, { min, max }: NumberOptions): S {
  let result = schema
  if (min !== undefined) result = result.min(min, `must be ${min} or more`)
  if (max !== undefined) result = result.max(max, `must be ${max} or less`)
  return result
}

function timestamp<const O extends Options<string>>(options: O = {} as O): FieldOf<string, O> {
  const schema = z.iso.datetime('must be a time such as 2026-11-21T08:30:00Z').overwrite(normalTime)
  return build(schema, options, {
    type: 'timestamp',
    encode: (value) => Date.parse(value),
    decode: (stored) => isoTime(Number(stored)),
  })
}

/** As it is stored and given back, to the millisecond, so that the answer to a write is what a read will say. */
function normalTime(text: string): string {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? text : new Date(ms).toISOString()
}

/** Any JSON that a zod schema describes. It is stored as text, so it neither sorts nor filters. */
function json<S extends z.ZodType, O extends JsonOptions<z.output<S>>>(
  schema: S,
  options: O = {} as O,
): FieldOf<z.output<S>, O> {
  const { max = jsonLengthMax } = options
  const bounded = schema.refine(
    (value) => JSON.stringify(value).length <= max,
    `must be ${max} characters of JSON or fewer`,
  )
  return build(bounded as z.ZodType<z.output<S>, z.output<S>>, options, {
    type: 'json',
    bytesMax: max * unitBytesMax,
    encode: (value) => JSON.stringify(value),
    decode: (stored) => JSON.parse(String(stored)) as z.output<S>,
  })
}

/** The id of a row of another collection, which must exist and can't be deleted while it is named. */
function reference<const O extends Omit<Options<string>, 'default'>>(
  collection: string,
  options: O = {} as O,
): FieldOf<string, O> {
  const schema = z.string().regex(idPattern, `must be the id of one of ${collection}`)
  return build(schema, options, { type: 'text', indexed: true, references: collection })
}

type Storage<Value> = Pick<Column, 'type'> &
  Partial<Pick<Column, 'indexed' | 'unique' | 'references' | 'bytesMax'>> & {
    encode?(value: Value): SqlValue
    decode?(stored: SqlValue): Value
  }

function build<Value, O extends Options<Value>>(
  schema: z.ZodType<Value, Value>,
  options: O,
  { encode = (value) => value as SqlValue, decode = (stored) => stored as Value, ...storage }: Storage<Value>,
): FieldOf<Value, O> {
  const optional = options.optional === true
  let full: z.ZodType = optional ? schema.nullable() : schema
  if (options.default !== undefined) full = full.default(schema.parse(options.default))
  else if (optional) full = full.default(null)
  const column: Column = {
    indexed: options.indexed === true,
    unique: false,
    references: null,
    bytesMax: scalarBytesMax,
    ...storage,
    optional,
    default: options.default === undefined ? null : encode(schema.parse(options.default)),
    encode: (value) => (value === null ? null : encode(value as Value)),
    decode: (stored) => (stored === null ? null : decode(stored)),
  }
  return { schema: full as z.ZodType<never, never>, column }
}

/** The kinds of field: each validates its values and knows its column. */
export const field = { text, choice, boolean, integer, number, timestamp, json, reference }
