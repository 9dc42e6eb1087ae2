/** The names of fields that lists take, for the compiler: each collection has those that its declaration indexes. */
import type { Fields } from './field.ts'

/** The parts of a declaration that decide what lists take. */
export interface Listed {
  fields: Fields
  indexes?: readonly (readonly string[])[]
  unique?: readonly (readonly string[])[]
  search?: readonly string[]
}

/** The names of the fields whose columns are known to be so; any name where the fields are not known. */
type NameWhere<F extends Fields, Column> = string extends keyof F
  ? string
  : { [Name in keyof F & string]: F[Name] extends { column: Column } ? Name : never }[keyof F & string]

type NameIn<Indexes> = Indexes extends readonly (readonly string[])[] ? Indexes[number][number] : never

/** Fields that the server sets and indexes. */
type SystemName = 'id' | 'createdAt'

/** Fields that an index has. */
export type IndexedName<L extends Listed> =
  | NameWhere<L['fields'], { indexed: true }>
  | NameIn<L['indexes']>
  | NameIn<L['unique']>

/** Fields that lists filter by. `owner` is one where a rule is `owner`. */
export type FilterName<L extends Listed> =
  | IndexedName<L>
  | NameWhere<L['fields'], { type: 'list' | 'references' }>
  | SystemName
  | 'owner'

/** Fields that lists sort by: those with an index that are never null. */
export type SortName<L extends Listed> =
  | Exclude<IndexedName<L>, NameWhere<L['fields'], { optional: true }>>
  | SystemName

/** In front of a name in a sort. A template of it and the names, as it is used, shows these in an error of the compiler. */
export type Direction = '' | '-'

/** Fields that refer to rows. */
export type ReferenceName<F extends Fields> = NameWhere<F, { references: { collection: string } }>

/** A reference to expand, and those behind it, which are not checked. */
export type ExpandPath<F extends Fields> = ReferenceName<F> | `${ReferenceName<F>}.${string}`

/** Text to search for, where the collection declares `search`. */
export type SearchText<L extends Listed> = L['search'] extends readonly [] | undefined ? never : string
