/**
 * The table of idempotency keys, each with the response that is replayed to a repeated request. The bodies that are kept
 * for one client have a limit in bytes. `bytesSoFar` of a row counts the bodies of its client up to its own, so that the
 * oldest beyond the limit are found by an index, and nothing has to be summed up.
 */
import type { SqlValue, Statement } from '../ports/database.ts'
import { guarded, statement } from './steps.ts'

/** How long a key counts. */
export const keyAgeMaxHours = 24
const keyAgeMaxMs = keyAgeMaxHours * 60 * 60 * 1000
/** Keys of one client, about 1 kB each: those of four minutes at the rate that its limit allows. */
export const keysMax = 50_000
/** Each keyed write also deletes this many outdated keys, so that they never pile up. */
const sweepRows = 2
/**
 * Bodies of one client: the newest are stored until they reach this size. A repeat comes within seconds, and the largest
 * rows take about 1 MiB; of usual ones there is room for thousands.
 */
export const storedBytesMax = 4 * 1024 * 1024

export interface Claim {
  principal: string
  key: string
  fingerprint: string
  /** The client whose limit the stored response counts for. */
  client: string
  ms: number
}

/** The number of a client's newest key. Keys of one client are numbered, so that those beyond its limit are found by an index. */
const newestNumber = '(select coalesce(max(number), 0) from galley_idempotency where client = ?)'

/** Claims a key; fails with `idempotency_key_reused` when it is claimed already. */
export function claimKey({ principal, key, fingerprint, client, ms }: Claim): Statement {
  return guarded(
    { error: 'idempotency_key_reused' },
    `insert into galley_idempotency (principal, key, fingerprint, client, createdAt, number)
      values (?, ?, ?, ?, ?, ${newestNumber} + 1)
      on conflict (principal, key) do update set fingerprint = excluded.fingerprint, client = excluded.client,
        createdAt = excluded.createdAt, number = excluded.number, status = null, headers = null, body = null, bytesSoFar = null
        where galley_idempotency.createdAt < ? returning key`,
    principal,
    key,
    fingerprint,
    client,
    ms,
    client,
    ms - keyAgeMaxMs,
  )
}

const bytesOfClient = `coalesce((select max(other.bytesSoFar) from galley_idempotency as other
  where other.client = ? and other.body is not null), 0)`

/**
 * Stores a response with its body, null for one without, and drops the older bodies beyond the limit. Of a body that is
 * larger than the limit only the fact is stored.
 */
export function storeResponse(
  { principal, key, client }: Claim,
  { status, headers, body }: { status: number; headers: string; body: SqlValue },
  bytes: number,
): Statement[] {
  const store = 'update galley_idempotency set status = ?, headers = ?, body = ?, bytesSoFar'
  const where = 'where principal = ? and key = ?'
  if (body === null) return [statement(`${store} = null ${where}`, status, headers, null, principal, key)]
  if (bytes > storedBytesMax) return [statement(`${store} = 0 ${where}`, status, headers, null, principal, key)]
  return [
    statement(`${store} = ? + ${bytesOfClient} ${where}`, status, headers, body, bytes, client, principal, key),
    statement(
      `update galley_idempotency set body = null
        where client = ? and body is not null and bytesSoFar <= ${bytesOfClient} - ${storedBytesMax}`,
      client,
      client,
    ),
  ]
}

/** Finds a stored response. `isDropped` is 1 when it had a body that is no longer stored. */
export function findResponse({ principal, key }: Claim): Statement {
  return statement(
    `select fingerprint, status, headers, body, body is null and bytesSoFar is not null as isDropped
      from galley_idempotency where principal = ? and key = ?`,
    principal,
    key,
  )
}

/** Deletes keys of a client beyond its limit, the oldest first. */
export function deleteExcessKeys(client: string, kept = keysMax, limit = sweepRows): Statement {
  return statement(
    `delete from galley_idempotency where rowid in (select rowid from galley_idempotency
      where client = ? and number <= ${newestNumber} - ? order by number limit ?)`,
    client,
    client,
    kept,
    limit,
  )
}

/** Deletes outdated keys, and returns a row for each. */
export function deleteOutdatedKeys(ms: number, limit = sweepRows): Statement {
  return statement(
    `delete from galley_idempotency where rowid in (
      select rowid from galley_idempotency where createdAt < ? order by createdAt limit ?) returning key`,
    ms - keyAgeMaxMs,
    limit,
  )
}
