import { AppError } from '../errors.ts'
import type { Statement } from '../ports/database.ts'
import type { Actor } from '../request/identity.ts'
import { type AccessDecision, type AllowedAccess, allowed, conditionOf, decide, matches } from './access.ts'
import type { Condition } from './condition.ts'
import type { Action, AnyCollection, Change } from './declaration.ts'
import type { Fields } from './field.ts'
import { heldBy, type ReferenceField, referencesIn, requireTarget } from './references.ts'
import { noRow, notFound, requireOne } from './statements.ts'

/** The permissions of clients on the rows of a collection, as statements that a write begins with. */
export class Permissions {
  readonly #collection: AnyCollection
  /** The fields that refer to rows of other collections. */
  readonly #references: readonly ReferenceField[]

  constructor(collection: AnyCollection, collections: ReadonlyMap<string, AnyCollection>) {
    this.#collection = collection
    this.#references = referencesIn(collection, collections)
  }

  /** @throws AppError `unauthorized`, `forbidden` */
  allowed(action: Action, who: Actor): AllowedAccess {
    return allowed(decide(this.#collection, action, who), who)
  }

  /** The condition on rows that the client may read; null for all. @throws AppError `unauthorized`, `forbidden` */
  readable(who: Actor): Condition | null {
    return conditionOf(this.#collection, this.allowed('read', who))
  }

  /** Requires that the client may read the row, else it is not found, and that it may change it, else that is forbidden. */
  required(action: 'update' | 'delete', id: string, who: Actor): Statement[] {
    const collection = this.#collection
    const changeable = conditionOf(collection, this.allowed(action, who))
    const readable = readableIn(collection, who)
    const statements: Statement[] = []
    if (readable !== null || changeable !== null)
      statements.push(requireOne(collection, id, readable, notFound(collection)))
    if (changeable !== null) statements.push(requireOne(collection, id, changeable, { error: 'forbidden' }))
    return statements
  }

  /**
   * Requires that the client may read the rows that values refer to; others are as if they were not there. Those that a list of the
   * row with this id has already may stay in it.
   */
  referencesOf(values: Readonly<Record<string, unknown>>, who: Actor, id?: string): Statement[] {
    return this.#references.flatMap((reference) => {
      const value = values[reference.field]
      if (value === undefined || value === null) return []
      const only = readableIn(reference.target, who)
      if (only === null) return []
      const held = reference.isList && id !== undefined ? heldBy(this.#collection, reference, id) : null
      return requireTarget(reference, value, held === null ? only : anyOf(only, held)) ?? []
    })
  }

  /**
   * Checks that a client changes no row into one that it could not change, and moves none where it could not create it.
   * @throws AppError `forbidden`
   */
  checkMove<F extends Fields>({ before, row }: Change<F>, who: Actor): void {
    const create = decide(this.#collection, 'create', who)
    const isMoved = create !== 'all' && this.#placing<F>(create).some((field) => !isSame(row[field], before[field]))
    if (!matches(row, this.allowed('update', who)) || (isMoved && (create === 'none' || !matches(row, create))))
      throw new AppError('forbidden')
  }

  /** The fields that decide where a row belongs. */
  #placing<F extends Fields>(create: AccessDecision): (keyof Change<F>['row'])[] {
    const named = typeof create === 'string' ? [] : create.flatMap((filter) => Object.keys(filter))
    return [named, this.#collection.audience ?? []].flat()
  }
}

/** Lists are read anew each time. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (Array.isArray(one) && JSON.stringify(one) === JSON.stringify(other))
}

function anyOf(one: Condition, other: Condition): Condition {
  return { sql: `(${one.sql} or ${other.sql})`, values: [...one.values, ...other.values] }
}

/** The condition on rows of a collection that the client may read; null for all. */
export function readableIn(collection: AnyCollection, who: Actor): Condition | null {
  const decision = decide(collection, 'read', who)
  return decision === 'none' ? noRow : conditionOf(collection, decision)
}
