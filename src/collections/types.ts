/** The types of a collection's routes for Hono's typed client (`hc`). */
import type { Schema } from 'hono'
import type { MergeSchemaPath } from 'hono/types'
import type { Position } from '../topics/position.ts'
import type { AnyCollection, Collection } from './declaration.ts'
import type { Fields } from './field.ts'
import type { KeepHistory, SoftDelete } from './keeping.ts'
import type { Direction, FilterName, IndexedName, Listed, ReferenceName, SearchText, SortName } from './list-names.ts'
import type { Operator } from './operators.ts'
import type { ChangeOf, CreateOf, HistoryEntry, RowOf, TrashEntry } from './row-types.ts'

type Success<Data, Status extends number> = {
  data: Data
  status: Status
}

/** A type and not an interface, because Hono requires index signatures, which interfaces lack. */
type Endpoint<In, Out, Status extends number> = {
  input: In
  output: Out
  outputFormat: 'json'
  status: Status
}

/** Names separated by commas, of which the first is checked. */
type FieldList<Name extends string> = Name | 'version' | `${Name | 'version'},${string}`

/** References separated by commas, of which the first is checked. */
type ExpandList<F extends Fields> = `${ReferenceName<F>}${'' | `,${string}` | `.${string}`}`

/** The parameters of a list, as text. A sort of several fields checks the first. */
type ListParameters<L extends Listed> = {
  limit?: string
  cursor?: string
  sort?: `${Direction}${SortName<L>}${'' | `,${string}`}`
  count?: 'true' | 'false'
  search?: SearchText<L>
  /** Names of fields, separated by commas; a row then has no others but `id`, which its type does not tell. */
  fields?: FieldList<NameOf<L['fields']>>
  /** References whose rows are put into `expand` of each row, which its type does not tell. */
  expand?: ExpandList<L['fields']>
} & FilterParameters<FilterName<L>>

type NameOrList<Name extends string> = Name | `${Name},${string}`

type AggregateParameters<L extends Listed> = {
  [K in 'sum' | 'avg']?: NameOrList<NumberName<L['fields']>>
} & {
  [K in 'min' | 'max']?: NameOrList<NameOf<L['fields']>>
} & { group?: Exclude<IndexedName<L>, 'id' | 'createdAt'> } & FilterParameters<FilterName<L>>

/** One group of an aggregate, with the values that were asked for. */
type AggregateGroup<Row> = {
  count: number
  group?: Partial<Row>
  sum?: { [K in keyof Row]?: number }
  avg?: { [K in keyof Row]?: number | null }
  min?: { [K in keyof Row]?: Row[K] | null }
  max?: { [K in keyof Row]?: Row[K] | null }
}

type GroupStart = `filter[$${'or' | 'and'}][${number}]`

/** `filter[field]`, `filter[field][$operator]`, and groups, whose own groups are not checked. */
type FilterParameters<Name extends string> = {
  [K in `${'filter' | GroupStart}[${Name}]${'' | `[${Operator}]`}`]?: string | string[]
} & { [nested: `${GroupStart}[$${'or' | 'and'}]${string}`]: string | string[] }

/** The fields of a row. */
type NameOf<F extends Fields> = (keyof F & string) | 'id' | 'createdAt'

/** The fields of numbers. */
type NumberName<F extends Fields> = {
  [Name in keyof F & string]: number extends NonNullable<RowOf<F>[Name]> ? Name : never
}[keyof F & string]

type IdParameter = { param: { id: string } }

type PageParameters = { limit?: string; cursor?: string }
type Page<Entry> = { data: Entry[]; next: string | null; status: 200 }

type TrashSchema<Name extends string, F extends Fields> = {
  [K in `/api/${Name}/trash`]: { $get: Endpoint<{ query?: PageParameters }, Page<TrashEntry<F>>, 200> }
} & {
  [K in `/api/${Name}/trash/:id`]: { $delete: { input: IdParameter; output: null; outputFormat: 'body'; status: 204 } }
} & {
  [K in `/api/${Name}/trash/:id/restore`]: { $post: Endpoint<IdParameter, Success<RowOf<F>, 200>, 200> }
}

type HistorySchema<Name extends string, F extends Fields> = {
  [K in `/api/${Name}/:id/history`]: {
    $get: Endpoint<IdParameter & { query?: PageParameters }, Page<HistoryEntry<F>>, 200>
  }
}

/** The routes that an option of a collection adds. */
type AddedSchema<C> =
  C extends Collection<infer Name, infer F, infer _>
    ? (C extends { softDelete: SoftDelete } ? TrashSchema<Name, F> : unknown) &
        (C extends { history: KeepHistory } ? HistorySchema<Name, F> : unknown)
    : never

type CrudSchema<Name extends string, C> =
  C extends Collection<Name, infer F, infer _>
    ? {
        [K in `/api/${Name}`]: {
          $get: Endpoint<
            { query?: ListParameters<C> },
            { data: RowOf<F>[]; next: string | null; count?: number; position?: Position; status: 200 },
            200
          >
          $post: Endpoint<{ json: CreateOf<F> }, Success<RowOf<F>, 201>, 201>
        }
      } & {
        [K in `/api/${Name}/aggregate`]: {
          $get: Endpoint<{ query?: AggregateParameters<C> }, Success<AggregateGroup<RowOf<F>>[], 200>, 200>
        }
      } & {
        [K in `/api/${Name}/:id`]: {
          $get: Endpoint<
            IdParameter & { query?: { fields?: FieldList<NameOf<F>>; expand?: ExpandList<F> } },
            Success<RowOf<F>, 200>,
            200
          >
          $put: Endpoint<IdParameter & { json: ChangeOf<F> }, Success<RowOf<F>, 200>, 200>
          $patch: Endpoint<IdParameter & { json: ChangeOf<F> }, Success<RowOf<F>, 200>, 200>
          $delete: {
            input: IdParameter
            output: null
            outputFormat: 'body'
            status: 204
          }
        }
      }
    : never

type OwnSchema<C> =
  C extends Collection<infer Name, infer _, infer S>
    ? CrudSchema<Name, C> & AddedSchema<C> & MergeSchemaPath<S, `/api/${Name}`>
    : never

type Intersect<Union> = (Union extends unknown ? (value: Union) => void : never) extends (value: infer All) => void
  ? All
  : never

/** The Hono schema of the routes of these collections. */
export type SchemaOf<C extends readonly AnyCollection[]> =
  Intersect<OwnSchema<C[number]>> extends infer S extends Schema ? S : never
