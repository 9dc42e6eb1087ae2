/** The rules of access as a declaration gives them, of which the compiler checks the roles and the names of fields. */
import type { Identity } from '../request/identity.ts'
import type { Fields } from './field.ts'
import type { RowOf } from './row-types.ts'

export type FilterValue = string | number | boolean | null
/** A value that the list of a row must contain. */
export interface ListFilterValue {
  $contains: FilterValue
}

/** Fields of rules that are not declared; `owner` is one of a collection with an `owner` rule. */
type ServerField = 'id' | 'owner'

/** A condition on the rows of these fields. */
export type FilterOf<F extends Fields> = {
  readonly [Name in keyof F | ServerField]?: OneOf<Name extends keyof RowOf<F> ? RowOf<F>[Name] : string | null>
}

type OneOf<Value> = [NonNullable<Value>] extends [readonly (infer Item)[]]
  ? { $contains: Extract<Item, FilterValue> }
  : Extract<Value, FilterValue> | readonly Extract<Value, FilterValue>[]

/**
 * Allows an action to `anyone`, `signedIn` users, those whose email address is `verified`, the `owner` who created the row, `nobody`,
 * or a role: `user`, `admin`, or one that `roles` declares. A function of the identity (null for an anonymous client) returns true,
 * false, or the rows that it allows: one filter, or several of which one must match. An administrator may do everything.
 */
export type RuleOf<Role extends string, F extends Fields> =
  | 'anyone'
  | 'signedIn'
  | 'verified'
  | 'owner'
  | 'nobody'
  | Role
  | ((identity: Identity<Role> | null) => boolean | FilterOf<F> | readonly FilterOf<F>[])

type KeyOf<Filter> = Filter extends readonly (infer Each)[] ? KeyOf<Each> : Filter extends object ? keyof Filter : never

/** An access whose filters name fields alone, which the types of functions do not ensure. `R` are the results of its functions. */
export type CheckedAccess<R, F extends Fields, Role extends string> =
  | 'open'
  | {
      [Key in keyof R]: string | ((identity: Identity<Role> | null) => R[Key] & UnknownField<R[Key], F>)
    }

type UnknownField<Filter, F extends Fields> =
  KeyOf<Filter> extends keyof F | ServerField
    ? unknown
    : `There is no field ${Exclude<KeyOf<Filter>, keyof F | ServerField> & string}.`
