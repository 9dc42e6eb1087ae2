/**
 * Deletes a row together with the rows that refer to it, as each reference declares by `onDelete`. First a plan is made of all
 * rows that are affected; then references are cleared, and the rows are deleted, those below before those above them, by the
 * same code as any other change, with its hooks and events. Last, no row may be left that refers to a deleted one: this is where
 * `restrict` is decided, so a row that is deleted in the same write restricts nothing. The declaration is the authority: access
 * rules are asked about the row that the client deletes, not about those below it.
 */
import { run } from '../database/steps.ts'
import { AppError } from '../errors.ts'
import type { Steps } from '../ports/database.ts'
import type { Identity } from '../request/identity.ts'
import type { AnyCollection } from './declaration.ts'
import type { Fields } from './field.ts'
import type { OnDelete } from './fields/column.ts'
import { readableIn } from './permissions.ts'
import { referring } from './references.ts'

/** Rows that one deletion changes beside its own: more would hold up all other writes. */
export const dependentRowsMax = 1000

/** A field that refers to rows of a collection. */
export interface Dependent {
  collection: AnyCollection
  field: string
  onDelete: OnDelete
}

/** The fields that refer to each collection, by its name. */
export type Dependents = ReadonlyMap<string, readonly Dependent[]>

export function dependentsIn(collections: readonly AnyCollection[]): Dependents {
  const dependents = new Map<string, Dependent[]>()
  for (const collection of collections) {
    for (const [field, { column }] of Object.entries(collection.fields as Fields)) {
      if (column.references === null) continue
      const { collection: target, onDelete } = column.references
      dependents.set(target, [...(dependents.get(target) ?? []), { collection, field, onDelete }])
    }
  }
  return dependents
}

/** A row that a deletion affects. */
interface AffectedRow {
  collection: AnyCollection
  id: string
  /** The fields that no longer refer to what is deleted; null for a row to delete. */
  fields: Set<string> | null
}

/** Affected rows by collection and id; rows to delete come after the rows that they refer to. */
class Plan {
  readonly #rows = new Map<string, AffectedRow>()

  /** Returns true if the row was not to be deleted before. */
  delete(collection: AnyCollection, id: string): boolean {
    const key = `${collection.name}/${id}`
    if (this.#rows.get(key)?.fields === null) return false
    this.#rows.delete(key)
    this.#add(key, { collection, id, fields: null })
    return true
  }

  clear(collection: AnyCollection, id: string, field: string): void {
    const key = `${collection.name}/${id}`
    const known = this.#rows.get(key)
    if (known === undefined) this.#add(key, { collection, id, fields: new Set([field]) })
    else known.fields?.add(field)
  }

  #add(key: string, row: AffectedRow): void {
    this.#rows.set(key, row)
    if (this.#rows.size > dependentRowsMax + 1)
      throw new AppError('conflict', `More than ${dependentRowsMax} rows depend on it. Delete some of them first.`)
  }

  changed(): AffectedRow[] {
    return [...this.#rows.values()].filter(({ fields }) => fields !== null)
  }

  /** The ids of the rows to delete, by collection. */
  deletedIds(): Map<string, string[]> {
    const ids = new Map<string, string[]>()
    for (const { collection, id } of this.deleted()) {
      const known = ids.get(collection.name)
      if (known === undefined) ids.set(collection.name, [id])
      else known.push(id)
    }
    return ids
  }

  get size(): number {
    return this.#rows.size
  }

  /** True if code of the app runs with the changes, and may change what restricts them. */
  get hasHooks(): boolean {
    return [...this.#rows.values()].some(({ collection }) => collection.hooks?.before !== undefined)
  }

  deleted(): AffectedRow[] {
    return [...this.#rows.values()].filter(({ fields }) => fields === null).toReversed()
  }
}

/** Follows the references level by level. @throws AppError `conflict` beyond `dependentRowsMax` */
function* planDeletion(plan: Plan, dependents: Dependents, collection: AnyCollection, id: string): Steps<void> {
  plan.delete(collection, id)
  for (let level = new Map([[collection.name, [id]]]); level.size > 0; ) {
    const below = new Map<string, string[]>()
    for (const [dependent, ids] of dependentsOf(dependents, level)) {
      const { collection, field, onDelete } = dependent
      if (onDelete === 'restrict') continue
      for (const row of yield* run(referring(collection, field, ids, dependentRowsMax + 2))) {
        const id = String(row.id)
        if (onDelete !== 'cascade') plan.clear(collection, id, field)
        else if (plan.delete(collection, id)) below.set(collection.name, [...(below.get(collection.name) ?? []), id])
      }
    }
    level = below
  }
}

/** Each field that may refer to one of these rows, which are ids by collection, with the ids of its collection. */
function* dependentsOf(
  dependents: Dependents,
  rows: ReadonlyMap<string, readonly string[]>,
): Generator<[Dependent, readonly string[]]> {
  for (const [name, ids] of rows) for (const dependent of dependents.get(name) ?? []) yield [dependent, ids]
}

/** The ids of rows to delete, by collection. */
export type DeletedIds = ReadonlyMap<string, readonly string[]>

/** The rows of a collection, as far as a deletion changes them. A hook may have deleted any of them before its turn. */
export interface DeletableRows {
  /** Takes ids, which are given by collection, out of fields of a row, if it is there. */
  clear(id: string, fields: Iterable<string>, deleted: DeletedIds, identity: Identity | null | undefined): Steps<void>
  /** Deletes a row, if it is there, and none that refers to it. */
  removeAlone(id: string, removal: Removal): Steps<void>
}

/** The part of one row in a deletion. */
export interface Removal {
  identity: Identity | null | undefined
  /** Names the deletion, so that rows which went to the trash together come back together. */
  deletion: string
  /** True for the row whose deletion deletes the others. */
  isRoot: boolean
}

interface DeletionOptions extends Omit<Removal, 'isRoot'> {
  dependents: Dependents
  onDependents: ((count: number) => void) | undefined
  rowsOf(collection: AnyCollection): DeletableRows
}

/** Deletes a row and what depends on it. @throws AppError `conflict` when a row that restricts is left */
export function* deleteWithDependents(
  root: AnyCollection,
  rootId: string,
  { dependents, deletion, identity, onDependents, rowsOf }: DeletionOptions,
): Steps<void> {
  const plan = new Plan()
  try {
    yield* planDeletion(plan, dependents, root, rootId)
  } finally {
    onDependents?.(plan.size - 1)
  }
  const who = identity ?? null
  if (!plan.hasHooks) yield* requireUnrestricted(plan, dependents, who)
  const deleted = plan.deletedIds()
  for (const { collection, id, fields } of plan.changed())
    yield* rowsOf(collection).clear(id, fields ?? [], deleted, identity)
  for (const { collection, id } of plan.deleted()) {
    const isRoot = collection.name === root.name && id === rootId
    yield* rowsOf(collection).removeAlone(id, { identity, deletion, isRoot })
  }
  for (const [dependent, ids] of dependentsOf(dependents, deleted)) yield* requireNone(dependent, ids, who)
}

/** Refuses a deletion that a row restricts before it is begun, because a thousand rows that are deleted in vain cost much. */
function* requireUnrestricted(plan: Plan, dependents: Dependents, identity: Identity | null): Steps<void> {
  const deleted = plan.deletedIds()
  for (const [dependent, ids] of dependentsOf(dependents, deleted)) {
    const { collection, field, onDelete } = dependent
    if (onDelete !== 'restrict') continue
    const own = new Set(deleted.get(collection.name))
    const found = yield* run(referring(collection, field, ids, own.size + 1))
    if (found.some((row) => !own.has(String(row.id)))) throw yield* restriction(dependent, ids, identity)
  }
}

/** Requires that no row refers to these. */
function* requireNone({ collection, field }: Dependent, ids: readonly string[], who: Identity | null): Steps<void> {
  const [found] = yield* run(referring(collection, field, ids, 1))
  if (found !== undefined) throw yield* restriction({ collection, field }, ids, who)
}

/** The error for rows that are referred to; it names the collection if the client may read such a row. */
function* restriction(
  { collection, field }: Pick<Dependent, 'collection' | 'field'>,
  ids: readonly string[],
  who: Identity | null,
): Steps<AppError> {
  const [readable] = yield* run(referring(collection, field, ids, 1, readableIn(collection, who)))
  return new AppError('conflict', `${readable ? `A row of ${collection.name}` : 'Another row'} still refers to it.`)
}
