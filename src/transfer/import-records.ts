/** The table of imports with a key: how far each has come, so that a repeat goes on from there. */

import { guarded, statement } from '../database/steps.ts'
import type { SqlRow, Statement } from '../ports/database.ts'

/** How long the key of an import counts. */
export const importAgeMaxDays = 7
const importAgeMaxMs = importAgeMaxDays * 24 * 60 * 60 * 1000
/** Keys of one client. */
export const importsMax = 1000
/** Each import with a key also deletes this many outdated ones, so that they never pile up. */
const sweepRows = 10

export interface ImportName {
  owner: string
  key: string
}

/** How far an import has come. */
export interface Progress {
  /** The first line of the last row that is done; 0 for none. */
  line: number
  /** Of all rows up to that one. */
  digest: number
  created: number
  updated: number
  skipped: number
  failed: number
}

export const noProgress: Progress = { line: 0, digest: 0, created: 0, updated: 0, skipped: 0, failed: 0 }

/** Returns the statements that note a new import, and delete what is outdated or beyond the limit. */
export function beginImport({ owner, key }: ImportName, purpose: string, ms: number): Statement[] {
  return [
    statement(
      `delete from galley_imports where (owner, key) in
        (select owner, key from galley_imports where at < ? order by at limit ${sweepRows})`,
      ms - importAgeMaxMs,
    ),
    statement(
      `delete from galley_imports where owner = ? and at <=
        (select at from galley_imports where owner = ? and key <> ? order by at desc limit 1 offset ${importsMax - 1})`,
      owner,
      owner,
      key,
    ),
    statement(
      `insert into galley_imports (owner, key, purpose, at, line, digest, created, updated, skipped, failed)
        values (?, ?, ?, ?, 0, 0, 0, 0, 0, 0) on conflict (owner, key) do nothing`,
      owner,
      key,
      purpose,
      ms,
    ),
  ]
}

/** Finds an import by its key. It may be one for another purpose. */
export function findImport({ owner, key }: ImportName): Statement {
  return statement('select * from galley_imports where owner = ? and key = ?', owner, key)
}

export function progressOf({ line, digest, created, updated, skipped, failed }: SqlRow): Progress {
  const numbers = [line, digest, created, updated, skipped, failed].map(Number)
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers
  return { line: a, digest: b, created: c, updated: d, skipped: e, failed: f }
}

/** Notes the progress in the write that makes it. Fails when another request has gone on from the same line. */
export function advanceImport({ owner, key }: ImportName, from: number, to: Progress): Statement {
  const { line, digest, created, updated, skipped, failed } = to
  return guarded(
    { error: 'idempotency_key_reused', message: 'An import with this key goes on in another request.' },
    `update galley_imports set line = ?, digest = ?, created = ?, updated = ?, skipped = ?, failed = ?
      where owner = ? and key = ? and line = ? returning line`,
    line,
    digest,
    created,
    updated,
    skipped,
    failed,
    owner,
    key,
    from,
  )
}

export const digestStart = 0x811c9dc5

/** Continues a digest by FNV-1a (www.isthe.com/chongo/tech/comp/fnv): it notices another file, not a forged one. */
export function digestOf(text: string, digest: number): number {
  let value = digest
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value
}
