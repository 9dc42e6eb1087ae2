/**
 * Restores a row from the trash together with the rows that were deleted with it: those that refer to others after these, by the
 * same code as any row that is created, with its hooks and events. Last, all of them must refer to rows that are there. Access rules
 * are asked about the row that the client restores, as they were when it was deleted.
 */
import { one, run } from '../database/steps.ts'
import type { Statement, Steps } from '../ports/database.ts'
import { ownerField } from './access.ts'
import type { AnyCollection, WriteOptions } from './declaration.ts'
import type { Fields } from './field.ts'
import { markGone } from './history-store.ts'
import { foundIn, type ReferenceField } from './references.ts'
import type { RowOf } from './row-types.ts'
import {
  deletedTogether,
  purgeTogether,
  requireTrashed,
  type TrashedRow,
  takeTrashed,
  trashedRowOf,
} from './trash-store.ts'

export interface RestoreOptions extends Pick<WriteOptions, 'identity'> {
  /** True for a row that is restored by the same write. */
  isTogether(collection: string, id: string): boolean
}

/** The rows of a collection, as far as they can be restored. */
export interface RestorableRows {
  /** Restores a row, if it is in the trash, and returns the statements that require the rows that it refers to. */
  restoreAlone(id: string, options: RestoreOptions): Steps<readonly Statement[]>
}

interface RestorationOptions extends WriteOptions {
  /** Returns null for a collection that the app does not have any more. */
  rowsOf(name: string): RestorableRows | null
}

/** @throws AppError `not_found`, `validation_failed`, `conflict` */
export function* restoreWithDependents(
  collection: AnyCollection,
  id: string,
  { identity, onDependents, rowsOf }: RestorationOptions,
): Steps<void> {
  const { deletion = null, isRoot } = yield* one(requireTrashed(collection, id))
  const alone = [{ collection: collection.name, id }]
  const rows = isRoot ? yield* run(deletedTogether(deletion)) : alone
  onDependents?.(rows.length - 1)
  const keys = new Set(rows.map(({ collection, id }) => `${collection}/${id}`))
  const isTogether = (name: string, id: string) => keys.has(`${name}/${id}`)
  const required: Statement[] = []
  for (const { collection, id } of rows) {
    const restorable = rowsOf(String(collection))
    if (restorable !== null) required.push(...(yield* restorable.restoreAlone(String(id), { identity, isTogether })))
  }
  yield required
}

/** Deletes a row in the trash for good, with the rows that were deleted with it. @throws AppError `not_found` */
export function* purgeWithDependents(
  collection: AnyCollection,
  id: string,
  { onDependents }: Pick<WriteOptions, 'onDependents'>,
): Steps<void> {
  const { deletion = null, isRoot } = yield* one(requireTrashed(collection, id))
  const gone = yield* run(isRoot ? purgeTogether(deletion) : takeTrashed(collection, id))
  onDependents?.(gone.length - 1)
  yield gone.map(({ collection = null, id = null }) => markGone(collection, id))
}

/** The part of a collection's rows by which one is created again. */
interface CreatableRows<F extends Fields> {
  make(body: unknown, id: string, owner: string | undefined, versionMin: number): RowOf<F>
  insert(row: RowOf<F>, options: WriteOptions, trashed: TrashedRow): Steps<RowOf<F>>
}

/**
 * Restores one row, if it is in the trash, with its id, time of creation and owner. Its values are validated, because the
 * declaration may have changed. A reference that a deletion sets to null is null where its row is not there any more,
 * and a list from which it is removed lacks it.
 */
export function* restoreRow<F extends Fields>(
  collection: AnyCollection,
  id: string,
  references: readonly ReferenceField[],
  { identity, isTogether }: RestoreOptions,
  rows: CreatableRows<F>,
): Steps<RowOf<F> | null> {
  const [taken] = yield* run(takeTrashed(collection, id))
  if (taken === undefined) return null
  const trashed = trashedRowOf(collection, taken)
  const row = rows.make(trashed, id, ownerIn(trashed), trashed.version + 1)
  const values: Record<string, unknown> = row
  values.createdAt = trashed.createdAt
  for (const { field, target, onDelete, isList } of references) {
    if (onDelete !== 'setNull' && onDelete !== 'removeFromList') continue
    const named = [values[field]].flat().filter((each) => typeof each === 'string')
    const apart = named.filter((each) => !isTogether(target.name, each))
    if (apart.length === 0) continue
    const found = new Set((yield* run(foundIn(target, apart))).map((stored) => String(stored.id)))
    const kept = named.filter((each) => isTogether(target.name, each) || found.has(each))
    values[field] = isList ? kept : (kept[0] ?? null)
  }
  return yield* rows.insert(row, { identity }, trashed)
}

function ownerIn({ [ownerField]: owner }: TrashedRow): string | undefined {
  return typeof owner === 'string' ? owner : undefined
}
