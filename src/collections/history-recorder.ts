/** Records who changed which fields of a row, in the write that changes it. */
import type { SqlValue, Statement } from '../ports/database.ts'
import type { Identity } from '../request/identity.ts'
import type { AnyCollection } from './declaration.ts'
import { appendEntry, markGone } from './history-store.ts'

/** Characters of the values of one entry as JSON; of a field whose values are too long for it only the name is kept. */
const changesLengthMax = 32_768
/** The same for what rules tell rows apart by. A reader looks through all of it. */
const movesLengthMax = 2000

type Row = Readonly<Record<string, unknown>>
/** The client on whose behalf a write is made; undefined for the server itself. */
type Writer = Identity | null | undefined

/** Makes the statements of a write that record its changes. */
export interface HistoryRecorder {
  created(row: Row, writer: Writer): Statement[]
  /** None where no field has changed. */
  updated(before: Row, row: Row, writer: Writer): Statement[]
  /** A row that goes to the trash keeps its history, and any other loses it. */
  deleted(row: Row, writer: Writer): Statement[]
  restored(before: Row, row: Row, writer: Writer): Statement[]
}

/** @returns null for a collection without histories */
export function createHistoryRecorder(
  { name, fields, history, softDelete }: AnyCollection,
  now: () => number,
): HistoryRecorder | null {
  if (history === undefined) return null
  const names = Object.keys(fields)
  const append = (action: string, row: Row, writer: Writer, { moves, changes }: Recorded = nothing): Statement[] =>
    appendEntry(name, String(row.id), Number(row.version), now(), actorOf(writer), action, moves, changes)
  return {
    created: (row, writer) => append('created', row, writer),
    updated(before, row, writer) {
      const recorded = record(names, before, row)
      return recorded === nothing ? [] : append('updated', row, writer, recorded)
    },
    deleted: (row, writer) =>
      softDelete === undefined ? [markGone(name, String(row.id))] : append('deleted', row, writer),
    restored: (before, row, writer) => append('restored', row, writer, record(names, before, row)),
  }
}

/** The user's id, `system` for the server itself, null for an anonymous client. */
export function actorOf(writer: Writer): SqlValue {
  return writer === undefined ? 'system' : (writer?.userId ?? null)
}

/** JSON of the changed fields: the values before and after of each, or null where they are too long. */
interface Recorded {
  /**
   * By which rules tell rows apart: of a list the elements that went and those that came, null for other compound values. The whole
   * is null for none.
   */
  moves: string | null
  changes: string
}

const nothing: Recorded = { moves: null, changes: '{}' }

function record(names: readonly string[], before: Row, row: Row): Recorded {
  const changes = new Members(changesLengthMax)
  const moves = new Members(movesLengthMax)
  for (const name of names) {
    if (before[name] === row[name]) continue
    const [was, is] = [JSON.stringify(before[name] ?? null), JSON.stringify(row[name] ?? null)]
    if (was === is) continue
    const pair = `[${was},${is}]`
    changes.add(name, pair)
    moves.add(name, isShort(before[name], row[name]) ? pair : differenceOf(before[name] ?? [], row[name] ?? []))
  }
  if (changes.isEmpty) return nothing
  return { moves: moves.isEmpty ? null : moves.json, changes: changes.json }
}

function isShort(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value !== 'object' || value === null)
}

/** Null for values that are not both lists. */
function differenceOf(before: unknown, after: unknown): string {
  if (!Array.isArray(before) || !Array.isArray(after)) return 'null'
  const [were, are] = [new Set<unknown>(before), new Set<unknown>(after)]
  return JSON.stringify([[...were.difference(are)], [...are.difference(were)]])
}

/** A JSON object of bounded length. */
class Members {
  readonly #parts: string[] = []
  #left: number

  constructor(lengthMax: number) {
    this.#left = lengthMax
  }

  /** Adds a value, or null in its place. */
  add(name: string, json: string): void {
    const fits = json.length <= this.#left
    if (fits) this.#left -= json.length
    this.#parts.push(`${JSON.stringify(name)}:${fits ? json : 'null'}`)
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0
  }

  get json(): string {
    return `{${this.#parts.join()}}`
  }
}
