/** Records who changed which fields of a row, in the write that changes it. */
import type { SqlValue, Statement } from '../ports/database.ts'
import type { Identity } from '../request/identity.ts'
import type { AnyCollection } from './declaration.ts'
import { appendEntry, markGone } from './history-store.ts'

/** Characters of the values of one entry as JSON; of a field whose values are too long for it only the name is kept. */
const changesLengthMax = 65_536

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
  const append = (action: string, row: Row, writer: Writer, changes: string): Statement[] =>
    appendEntry(name, String(row.id), Number(row.version), now(), actorOf(writer), action, changes)
  return {
    created: (row, writer) => append('created', row, writer, '{}'),
    updated(before, row, writer) {
      const changes = changesOf(names, before, row)
      return changes === '{}' ? [] : append('updated', row, writer, changes)
    },
    deleted: (row, writer) =>
      softDelete === undefined ? [markGone(name, String(row.id))] : append('deleted', row, writer, '{}'),
    restored: (before, row, writer) => append('restored', row, writer, changesOf(names, before, row)),
  }
}

/** The user's id, `system` for the server itself, null for an anonymous client. */
export function actorOf(writer: Writer): SqlValue {
  return writer === undefined ? 'system' : (writer?.userId ?? null)
}

/** Returns the changed fields as JSON: the value before and after of each, or null where they are too long. */
function changesOf(names: readonly string[], before: Row, row: Row): string {
  const parts: string[] = []
  let length = 0
  for (const name of names) {
    if (before[name] === row[name]) continue
    const [was, is] = [JSON.stringify(before[name] ?? null), JSON.stringify(row[name] ?? null)]
    if (was === is) continue
    const fits = length + was.length + is.length <= changesLengthMax
    if (fits) length += was.length + is.length
    parts.push(`${JSON.stringify(name)}:${fits ? `[${was},${is}]` : 'null'}`)
  }
  return `{${parts.join()}}`
}
