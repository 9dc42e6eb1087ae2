/**
 * Puts the rows that a row refers to into it, as `expand: { patient: … }`. Each reference takes one statement for all rows of a
 * response. A row that the caller may not read is left out, as one that is not there.
 */
import type { AppError } from '../errors.ts'
import type { Database, SqlRow, Statement } from '../ports/database.ts'
import type { Actor } from '../request/identity.ts'
import type { Condition } from './condition.ts'
import type { AnyCollection } from './declaration.ts'
import { type Expand, expandProblem } from './expand-query.ts'
import type { Fields } from './field.ts'
import { pageLengthMax, rowsAtOnce } from './list.ts'
import { readableIn } from './permissions.ts'
import type { ExpandedRow } from './row-types.ts'
import { columnList, noRow } from './statements.ts'

/** A row with the length of its texts, and of those that were expanded in it. */
interface Sized {
  row: Record<string, unknown> & { expand?: Record<string, ExpandedRow | ExpandedRow[]> }
  length: number
}

export interface ExpandOptions {
  database: Database
  /** Returns the function that converts stored rows of a collection. */
  decodeOf(collection: AnyCollection): (stored: SqlRow) => object
}

/** References that are looked up for one response: some tens of milliseconds, for which others wait. */
const targetsMax = 10_000

export interface ExpandBounds {
  /** Characters of the expanded rows. */
  lengthMax?: number | undefined
  /** Called with each number of references that are looked up, also where the response becomes too long. */
  onLookUp?: ((count: number) => void) | undefined
}

interface State extends ExpandOptions {
  who: Actor
  lengthMax: number
  onLookUp: ExpandBounds['onLookUp']
  lookedUp: number
}

/**
 * Expands references in rows, and resolves with the number of those that were looked up.
 * @throws AppError `validation_failed` when the response would be too long
 */
export async function expandRows(
  rows: readonly object[],
  expand: readonly Expand[],
  who: Actor,
  { database, decodeOf }: ExpandOptions,
  { lengthMax = pageLengthMax, onLookUp }: ExpandBounds = {},
): Promise<number> {
  const state: State = { database, decodeOf, who, lengthMax, onLookUp, lookedUp: 0 }
  const sized = rows.map((row): Sized => ({ row: row as Sized['row'], length: 0 }))
  for (const each of expand) await expandField(sized, each, state)
  return state.lookedUp
}

async function expandField(rows: readonly Sized[], { field, target, below }: Expand, state: State): Promise<void> {
  const targets = await readTargets(target, idsIn(rows, field), state)
  if (below.length > 0) {
    const found = [...targets.values()]
    for (const each of below) await expandField(found, each, state)
  }
  let length = 0
  for (const each of rows) {
    length += putTargets(each, field, targets)
    if (length > state.lengthMax) throw tooLong(state)
  }
}

/** The ids that a reference, or a list of them, has in any of these rows. */
function idsIn(rows: readonly Sized[], field: string): readonly string[] {
  const ids = new Set<string>()
  for (const { row } of rows) {
    const value = row[field]
    if (typeof value === 'string') ids.add(value)
    else if (Array.isArray(value)) for (const id of value) ids.add(id)
  }
  return [...ids]
}

/** Puts the rows that a field refers to into its row, and returns their length. */
function putTargets(sized: Sized, field: string, targets: ReadonlyMap<string, Sized>): number {
  const { row } = sized
  const value = row[field]
  if (Array.isArray(value)) return putList(sized, field, value, targets)
  const found = typeof value === 'string' ? targets.get(value) : undefined
  if (found === undefined) return 0
  row.expand ??= {}
  row.expand[field] = found.row as ExpandedRow
  sized.length += found.length
  return found.length
}

function putList(sized: Sized, field: string, ids: readonly string[], targets: ReadonlyMap<string, Sized>): number {
  const found = ids.flatMap((id) => targets.get(id) ?? [])
  let length = 0
  for (const each of found) length += each.length
  sized.row.expand ??= {}
  sized.row.expand[field] = found.map(({ row }) => row as ExpandedRow)
  sized.length += length
  return length
}

/** Reads the rows that the caller may read, in blocks where they may be long. */
async function readTargets(target: AnyCollection, ids: readonly string[], state: State): Promise<Map<string, Sized>> {
  const targets = new Map<string, Sized>()
  const only = readableIn(target, state.who)
  if (only === noRow) return targets
  state.lookedUp += ids.length
  if (state.lookedUp > targetsMax) throw expandProblem('too_long', `would have over ${targetsMax} rows: ask for fewer`)
  if (state.lookedUp * rowLengthMin > state.lengthMax) throw tooLong(state)
  state.onLookUp?.(ids.length)
  const decode = state.decodeOf(target)
  const texts = textColumns(target)
  const block = rowsAtOnce(target, null)
  let length = 0
  for (let start = 0; start < ids.length; start += block) {
    const some = ids.length <= block ? ids : ids.slice(start, start + block)
    const read = state.database.read(selectByIds(target, some, only))
    for (const stored of read instanceof Promise ? await read : read) {
      const own = lengthOf(stored, texts)
      length += own
      targets.set(stored.id as string, { row: decode(stored) as Sized['row'], length: own })
    }
    if (length > state.lengthMax) throw tooLong(state)
  }
  return targets
}

/** A join, because `in` would sort the ids first. */
function selectByIds(collection: AnyCollection, ids: readonly string[], only: Condition | null): Statement {
  const { name } = collection
  const where = only === null ? '' : ` where ${only.sql}`
  return {
    sql: `select ${columnList(collection)} from (select value as galley_id from json_each(?)) cross join "${name}" on "${name}"."id" = galley_id${where}`,
    parameters: [JSON.stringify(ids), ...(only?.values ?? [])],
  }
}

/** A row has some length besides its texts. */
const rowLengthMin = 100

/** The columns whose values may be long. */
function textColumns({ fields }: AnyCollection): readonly string[] {
  return Object.keys(fields).filter((name) => (fields as Fields)[name]?.column.sqlType === 'text')
}

function lengthOf(row: SqlRow, texts: readonly string[]): number {
  let length = rowLengthMin
  for (const name of texts) {
    const value = row[name]
    if (typeof value === 'string') length += value.length
  }
  return length
}

function tooLong({ lengthMax }: State): AppError {
  return expandProblem('too_long', `would be longer than ${lengthMax} characters: ask for fewer rows`)
}
