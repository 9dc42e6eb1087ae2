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
import { pageLengthMax, rowsAtOnce } from './list.ts'
import { readableIn } from './permissions.ts'
import type { ExpandedRow } from './row-types.ts'
import { noRow, selectOf } from './statements.ts'

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

interface State extends ExpandOptions {
  who: Actor
  rowsRead: number
}

/**
 * Expands references in rows, and resolves with the number of rows that were read for it.
 * @throws AppError `validation_failed` when the response would be too long
 */
export async function expandRows(
  rows: readonly object[],
  expand: readonly Expand[],
  who: Actor,
  options: ExpandOptions,
): Promise<number> {
  const state: State = { ...options, who, rowsRead: 0 }
  const sized = rows.map((row): Sized => ({ row: row as Sized['row'], length: 0 }))
  for (const each of expand) await expandField(sized, each, state)
  return state.rowsRead
}

async function expandField(rows: readonly Sized[], { field, target, below }: Expand, state: State): Promise<void> {
  const ids = new Set(rows.flatMap(({ row }) => idsIn(row[field])))
  const targets = await readTargets(target, [...ids], state)
  for (const each of below) await expandField([...targets.values()], each, state)
  let length = 0
  for (const each of rows) {
    const value = each.row[field]
    const found = idsIn(value).flatMap((id) => targets.get(id) ?? [])
    const isList = Array.isArray(value)
    if (found.length === 0 && !isList) continue
    const expanded = found.map(({ row }) => row as ExpandedRow)
    each.row.expand = { ...each.row.expand, [field]: isList ? expanded : (expanded[0] as ExpandedRow) }
    for (const target of found) each.length += target.length
    for (const target of found) length += target.length
    if (length > pageLengthMax) throw tooLong()
  }
}

/** The ids in the value of a reference or of a list of them. */
function idsIn(value: unknown): readonly string[] {
  return typeof value === 'string' ? [value] : Array.isArray(value) ? value : []
}

/** Reads the rows that the caller may read, in blocks where they may be long. */
async function readTargets(target: AnyCollection, ids: readonly string[], state: State): Promise<Map<string, Sized>> {
  const targets = new Map<string, Sized>()
  const only = readableIn(target, state.who)
  if (only === noRow) return targets
  const decode = state.decodeOf(target)
  const block = rowsAtOnce(target, null)
  let length = 0
  for (let start = 0; start < ids.length; start += block) {
    for (const stored of await state.database.read(selectByIds(target, ids.slice(start, start + block), only))) {
      const own = lengthOf(stored)
      length += own
      targets.set(String(stored.id), { row: decode(stored) as Sized['row'], length: own })
    }
    if (length > pageLengthMax) throw tooLong()
  }
  state.rowsRead += targets.size
  return targets
}

function selectByIds(collection: AnyCollection, ids: readonly string[], only: Condition | null): Statement {
  const more = only === null ? '' : ` and ${only.sql}`
  return {
    sql: `${selectOf(collection)} where "id" in (select value from json_each(?))${more}`,
    parameters: [JSON.stringify(ids), ...(only?.values ?? [])],
  }
}

/** A row has some length besides its texts. */
const rowLengthMin = 100

function lengthOf(row: SqlRow): number {
  let length = rowLengthMin
  for (const value of Object.values(row)) if (typeof value === 'string') length += value.length
  return length
}

function tooLong(): AppError {
  return expandProblem('too_long', `would be longer than ${pageLengthMax} characters: ask for fewer rows`)
}
