/** The types of a collection's routes for Hono's typed client (`hc`). */
import type { Schema } from 'hono'
import type { MergeSchemaPath } from 'hono/types'
import type { Position } from '../topics/position.ts'
import type { AnyCollection, Collection } from './declaration.ts'
import type { ChangeOf, CreateOf, RowOf } from './row-types.ts'

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

/** The parameters of a list, as text; filters are `filter[field][$operator]`. */
type ListParameters = {
  limit?: string
  cursor?: string
  sort?: string
  count?: 'true' | 'false'
} & { [filter: `filter[${string}]`]: string | string[] }

type IdParameter = { param: { id: string } }

type CrudSchema<Name extends string, C> =
  C extends Collection<Name, infer F, infer _>
    ? {
        [K in `/api/${Name}`]: {
          $get: Endpoint<
            { query?: ListParameters },
            { data: RowOf<F>[]; next: string | null; count?: number; position?: Position; status: 200 },
            200
          >
          $post: Endpoint<{ json: CreateOf<F> }, Success<RowOf<F>, 201>, 201>
        }
      } & {
        [K in `/api/${Name}/:id`]: {
          $get: Endpoint<IdParameter, Success<RowOf<F>, 200>, 200>
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
  C extends Collection<infer Name, infer F, infer S>
    ? CrudSchema<Name, Collection<Name, F, S>> & MergeSchemaPath<S, `/api/${Name}`>
    : never

type Intersect<Union> = (Union extends unknown ? (value: Union) => void : never) extends (value: infer All) => void
  ? All
  : never

/** The Hono schema of the routes of these collections. */
export type SchemaOf<C extends readonly AnyCollection[]> =
  Intersect<OwnSchema<C[number]>> extends infer S extends Schema ? S : never
