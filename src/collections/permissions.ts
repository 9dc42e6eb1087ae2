import { AppError } from '../errors.ts'
import type { Statement } from '../ports/database.ts'
import type { Actor } from '../request/identity.ts'
import { type AccessDecision, type AllowedAccess, allowed, conditionOf, decide, matches } from './access.ts'
import type { Condition } from './condition.ts'
import type { Action, AnyCollection, Change } from './declaration.ts'
import type { Fields } from './field.ts'
import { noRow, notFound, type ReferenceField, referencesIn, requireOne } from './statements.ts'

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

  /** Requires that the client may read the rows that a row refers to; others are as if they were not there. */
  referencesOf(values: Readonly<Record<string, unknown>>, who: Actor): Statement[] {
    return this.#references.flatMap(({ field, target, guard }) => {
      const id = values[field]
      const only = typeof id === 'string' ? readableIn(target, who) : null
      return only === null ? [] : [requireOne(target, id as string, only, guard)]
    })
  }

  /**
   * Checks that a client changes no row into one that it could not change, and moves none where it could not create it.
   * @throws AppError `forbidden`
   */
  checkMove<F extends Fields>({ before, row }: Change<F>, who: Actor): void {
    const create = decide(this.#collection, 'create', who)
    const isMoved = create !== 'all' && this.#placing<F>(create).some((field) => row[field] !== before[field])
    if (!matches(row, this.allowed('update', who)) || (isMoved && (create === 'none' || !matches(row, create))))
      throw new AppError('forbidden')
  }

  /** The fields that decide where a row belongs. */
  #placing<F extends Fields>(create: AccessDecision): (keyof Change<F>['row'])[] {
    const named = typeof create === 'string' ? [] : create.flatMap((filter) => Object.keys(filter))
    return [named, this.#collection.audience ?? []].flat()
  }
}

/** The condition on rows of a collection that the client may read; null for all. */
export function readableIn(collection: AnyCollection, who: Actor): Condition | null {
  const decision = decide(collection, 'read', who)
  return decision === 'none' ? noRow : conditionOf(collection, decision)
}
