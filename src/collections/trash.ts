/** The trash of a collection on somebody's behalf. A row in it is as hidden as it was before to those who could not read it. */
import { decodeNumbers, encodeCursor } from '../database/cursor.ts'
import { guardError } from '../database/failure.ts'
import { AppError } from '../errors.ts'
import { pageParameters } from '../http/openapi.ts'
import { validate } from '../http/validation.ts'
import { isoTime } from '../iso-time.ts'
import { andThen, type Database, type SqlRow, type Steps, type Write } from '../ports/database.ts'
import { type Actor, writerOf } from '../request/identity.ts'
import { type AllowedAccess, decide, matches } from './access.ts'
import type { AnyCollection, Collection, Rows, WriteOptions } from './declaration.ts'
import type { Fields } from './field.ts'
import type { Permissions } from './permissions.ts'
import type { RowOf, TrashEntry, TrashPage } from './row-types.ts'
import { notFound } from './statements.ts'
import { listTrashed, trashedRowOf } from './trash-store.ts'

/** Rows of a page that are read to find those that a rule allows. */
const rowsReadMax = 1000

interface TrashOptions<F extends Fields> {
  rows: Rows<F>
  database: Database
  permissions: Permissions
}

export class Trash<F extends Fields> {
  readonly #collection: Collection<string, F>
  readonly #rows: Rows<F>
  readonly #database: Database
  readonly #permissions: Permissions

  constructor(collection: Collection<string, F>, { rows, database, permissions }: TrashOptions<F>) {
    this.#collection = collection
    this.#rows = rows
    this.#database = database
    this.#permissions = permissions
  }

  /**
   * Lists the rows that the client may restore, the newest deletion first.
   * @throws AppError `unauthorized`, `forbidden`, `validation_failed`
   */
  list(parameters: Record<string, unknown>, who: Actor): TrashPage<F> | Promise<TrashPage<F>> {
    const decisions = [this.#permissions.allowed('restore', who), this.#permissions.allowed('read', who)]
    const { limit, cursor } = validate(pageParameters, parameters, 'parameter')
    const list = `trash ${this.#collection.name}`
    const [deletedAt = 0, number = 0] =
      cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeNumbers(cursor, list, 2)
    const areAll = decisions.every((decision) => decision === 'all')
    const rowsAsked = areAll ? limit + 1 : rowsReadMax
    const select = listTrashed(this.#collection.name, [deletedAt, number], rowsAsked)
    return andThen(this.#database.read(select), (stored) => {
      const { entries, last } = this.#select(stored, decisions, limit)
      const isAll = last === stored.at(-1) && Number(last?.found ?? 0) === stored.length && stored.length < rowsAsked
      const values = [last?.deletedAt ?? null, last?.number ?? null]
      return { entries, next: isAll ? null : encodeCursor(list, { values, rows: [] }) }
    })
  }

  /** Selects the allowed ones up to a limit, and the last row that was looked at. */
  #select(stored: readonly SqlRow[], decisions: readonly AllowedAccess[], limit: number) {
    const entries: TrashEntry<F>[] = []
    let last: SqlRow | undefined
    for (const each of stored) {
      if (entries.length === limit) break
      const row = trashedRowOf(this.#collection, each)
      if (decisions.every((decision) => matches(row, decision))) entries.push(entryOf(row as RowOf<F>, each))
      last = each
    }
    return { entries, last }
  }

  /** Restores a row with those that were deleted with it. */
  restoring(id: string, who: Actor, onDependents?: WriteOptions['onDependents']): Write<RowOf<F>> {
    const rows = this.#rows
    const require = this.#requiring('restore', id, who)
    return function* () {
      yield* require()
      return yield* rows.restore(id, { identity: writerOf(who), onDependents })
    }
  }

  /** Deletes a row for good with those that were deleted with it. */
  purging(id: string, who: Actor, onDependents?: WriteOptions['onDependents']): Write<void> {
    const rows = this.#rows
    const require = this.#requiring('purge', id, who)
    return function* () {
      yield* require()
      yield* rows.purge(id, { onDependents })
    }
  }

  /** Requires that the client could read the row, else it is not found, and that the action is allowed, else that is forbidden. */
  #requiring(action: 'restore' | 'purge', id: string, who: Actor): () => Steps<void> {
    const collection: AnyCollection = this.#collection
    const rows = this.#rows
    const changeable = this.#permissions.allowed(action, who)
    const readable = decide(collection, 'read', who)
    return function* () {
      const row = yield* rows.findTrashed(id)
      if (row === null || readable === 'none' || !matches(row, readable)) throw guardError(notFound(collection))
      if (!matches(row, changeable)) throw new AppError('forbidden')
    }
  }
}

function entryOf<F extends Fields>(row: RowOf<F>, { deletedAt, deletedBy }: SqlRow): TrashEntry<F> {
  return { row, deletedAt: isoTime(Number(deletedAt)), deletedBy: deletedBy === null ? null : String(deletedBy) }
}
