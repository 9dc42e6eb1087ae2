/**
 * The history of a row on somebody's behalf. It ends where the row came into the reach of the client: of a row that belonged to somebody else
 * before, the client reads nothing from that time.
 */
import { decodeNumbers, encodeCursor } from '../database/cursor.ts'
import { AppError } from '../errors.ts'
import { pageParameters } from '../http/openapi.ts'
import { validate } from '../http/validation.ts'
import { isoTime } from '../iso-time.ts'
import type { Database, SqlRow } from '../ports/database.ts'
import type { Actor } from '../request/identity.ts'
import { type AllowedAccess, matches } from './access.ts'
import type { Collection } from './declaration.ts'
import type { Fields } from './field.ts'
import { listEntries, listMoves, type RowState } from './history-store.ts'
import type { Permissions } from './permissions.ts'
import type { HistoryEntry, HistoryPage, RowOf } from './row-types.ts'

interface HistoryOptions<F extends Fields> {
  database: Database
  permissions: Permissions
  /** Reads a row on somebody's behalf. */
  get(id: string, who: Actor): RowOf<F> | Promise<RowOf<F>>
}

export class History<F extends Fields> {
  readonly #collection: Collection<string, F>
  readonly #options: HistoryOptions<F>

  constructor(collection: Collection<string, F>, options: HistoryOptions<F>) {
    this.#collection = collection
    this.#options = options
  }

  /**
   * Lists the changes of a row that the client may read, the newest first.
   * @throws AppError `not_found`, `unauthorized`, `forbidden`, `validation_failed`
   */
  async list(id: string, parameters: Record<string, unknown>, who: Actor): Promise<HistoryPage<F>> {
    const { database, permissions, get } = this.#options
    const { name } = this.#collection
    const decisions = [permissions.allowed('history', who), permissions.allowed('read', who)]
    const { limit, cursor } = validate(pageParameters, parameters, 'parameter')
    const list = `history ${name} ${id}`
    const [before = 0] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeNumbers(cursor, list, 1)
    const row = await get(id, who)
    if (!decisions.every((decision) => matches(row, decision))) throw new AppError('forbidden')
    const state = { name, id, createdMs: Date.parse(row.createdAt), version: row.version }
    const after = await this.#reach(state, row, decisions)
    const stored = await database.read(listEntries(state, after, before, limit + 1))
    const shown = stored.slice(0, limit)
    const last = shown.at(-1)
    const next = stored.length > limit && last ? encodeCursor(list, { values: [last.number ?? null], rows: [] }) : null
    return { entries: shown.map((each) => entryOf(this.#collection, each)), next }
  }

  /** Goes back in time as long as the rules allow the row as it was, and returns the number of the entry that made it so. */
  async #reach(state: RowState, row: RowOf<F>, decisions: readonly AllowedAccess[]): Promise<number> {
    const named = new Set(decisions.flatMap((decision) => (decision === 'all' ? [] : decision.flatMap(Object.keys))))
    if (named.size === 0) return 0
    const past: Record<string, unknown> = { ...row }
    for (const { number, moves } of await this.#options.database.read(listMoves(state))) {
      const pairs = Object.entries(JSON.parse(String(moves)) as Pairs).filter(([field]) => named.has(field))
      for (const [field, pair] of pairs) {
        if (!undo(past, field, pair)) return Number(number)
      }
      if (!decisions.every((decision) => matches(past, decision))) return Number(number)
    }
    return 0
  }
}

/** The values before and after by field; null if they were too long to be kept. */
type Pairs = Record<string, [unknown, unknown] | null>

/** Takes back the change of a field. Returns false where entries are missing in between, or the values are. */
function undo(past: Record<string, unknown>, field: string, pair: Pairs[string] | undefined): boolean {
  if (!pair) return false
  const [before, after] = pair
  const isList = Array.isArray(before) && Array.isArray(after)
  if (isList) return undoList(past, field, [before, after])
  if (after !== past[field]) return false
  past[field] = before
  return true
}

/** Of a list, the elements that went and those that came are known. */
function undoList(
  past: Record<string, unknown>,
  field: string,
  [gone, added]: readonly [readonly unknown[], readonly unknown[]],
): boolean {
  const elements = new Set((past[field] ?? []) as readonly unknown[])
  const isKnown = added.every((each) => elements.has(each)) && !gone.some((each) => elements.has(each))
  past[field] = [...elements.difference(new Set(added)), ...gone]
  return isKnown
}

function entryOf<F extends Fields>({ fields }: Collection<string, F>, stored: SqlRow): HistoryEntry<F> {
  const { action, at, actor, version, changes } = stored
  const pairs = Object.entries(JSON.parse(String(changes)) as Pairs)
  const shown = pairs.flatMap(([name, pair]) =>
    Object.hasOwn(fields, name) ? [[name, pair && { before: pair[0], after: pair[1] }] as const] : [],
  )
  return {
    action: action as HistoryEntry<F>['action'],
    at: isoTime(Number(at)),
    by: actor === null ? null : String(actor),
    version: Number(version),
    changes: Object.fromEntries(shown) as HistoryEntry<F>['changes'],
  }
}
