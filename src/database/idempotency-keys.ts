/** The table of idempotency keys, each with the response that is replayed to a repeated request. */
import type { SqlValue, Statement } from '../ports/database.ts'
import { guarded, statement } from './steps.ts'

/** How long a stored response is replayed. */
export const keyAgeMaxMs = 24 * 60 * 60 * 1000
/** Each keyed write also deletes this many outdated keys, so that they never pile up. */
const sweepRows = 2

export interface Claim {
  principal: string
  key: string
  fingerprint: string
  ms: number
}

/** Claims a key; fails with `idempotency_key_reused` when it is claimed already. */
export function claimKey({ principal, key, fingerprint, ms }: Claim): Statement {
  return guarded(
    { error: 'idempotency_key_reused' },
    `insert into galley_idempotency (principal, key, fingerprint, createdAt) values (?, ?, ?, ?)
      on conflict (principal, key) do update set fingerprint = excluded.fingerprint, createdAt = excluded.createdAt,
        status = null, headers = null, body = null where galley_idempotency.createdAt < ? returning key`,
    principal,
    key,
    fingerprint,
    ms,
    ms - keyAgeMaxMs,
  )
}

export function storeResponse({ principal, key }: Claim, status: number, headers: string, body: SqlValue): Statement {
  return statement(
    'update galley_idempotency set status = ?, headers = ?, body = ? where principal = ? and key = ?',
    status,
    headers,
    body,
    principal,
    key,
  )
}

export function findResponse({ principal, key }: Claim): Statement {
  return statement(
    'select fingerprint, status, headers, body from galley_idempotency where principal = ? and key = ?',
    principal,
    key,
  )
}

export function deleteOutdatedKeys(ms: number): Statement {
  return statement(
    `delete from galley_idempotency where rowid in (
      select rowid from galley_idempotency where createdAt < ? order by createdAt limit ${sweepRows})`,
    ms - keyAgeMaxMs,
  )
}
