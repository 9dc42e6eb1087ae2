import { guarded, statement } from '../../database/steps.ts'
import { isoTime } from '../../iso-time.ts'
import type { SqlRow, Statement } from '../../ports/database.ts'

/** API keys of one user. */
const keysMax = 100

export interface NewKey {
  id: string
  userId: string
  name: string
  scopes: readonly string[]
  hash: string
  ms: number
  expiresAt: number | null
}

/** Inserts a key; fails with `conflict` when the user has `keysMax` of them. */
export function insertKey({ id, userId, name, scopes, hash, ms, expiresAt }: NewKey): Statement {
  return guarded(
    { error: 'conflict', message: `You have ${keysMax} keys. Revoke one first.` },
    `insert into galley_keys (id, userId, name, scopes, tokenHash, createdAt, expiresAt)
      select ?, ?, ?, ?, ?, ?, ? where (select count(*) from galley_keys where userId = ?) < ? returning id`,
    id,
    userId,
    name,
    JSON.stringify(scopes),
    hash,
    ms,
    expiresAt,
    userId,
    keysMax,
  )
}

export function listKeys(userId: string): Statement {
  return statement(
    `select id, name, scopes, createdAt, expiresAt, lastUsedAt from galley_keys where userId = ? order by id`,
    userId,
  )
}

/** Revokes one key; fails with `not_found`. */
export function deleteKey(id: string, userId: string): Statement {
  return guarded(
    { error: 'not_found', message: 'You have no such key.' },
    'delete from galley_keys where id = ? and userId = ? returning id',
    id,
    userId,
  )
}

/** Revokes all keys of a user. */
export function deleteKeys(userId: string): Statement {
  return statement('delete from galley_keys where userId = ? returning id', userId)
}

/** The API's form of a key, without its secret. */
export function keyOf({ id, name, scopes, createdAt, expiresAt, lastUsedAt }: SqlRow) {
  const time = (ms: unknown) => (typeof ms === 'number' ? isoTime(ms) : null)
  return {
    id: String(id),
    name: String(name),
    scopes: JSON.parse(String(scopes)) as string[],
    createdAt: isoTime(Number(createdAt)),
    expiresAt: time(expiresAt),
    lastUsedAt: time(lastUsedAt),
  }
}

/** Finds an enabled user's key, with `role` and `verifiedAt` of the user, and `usedAt`. */
export function findKey(hash: string): Statement {
  return statement(
    `select k.id, k.userId, u.role, u.verifiedAt, k.scopes, k.lastUsedAt as usedAt, k.expiresAt
      from galley_keys k join galley_users u on u.id = k.userId where k.tokenHash = ? and u.disabledAt is null`,
    hash,
  )
}

export function listKeyIds(userId: string): Statement {
  return statement('select id from galley_keys where userId = ?', userId)
}

/** Stores that a key was used. */
export function touchKey(id: string, ms: number): Statement {
  return statement('update galley_keys set lastUsedAt = ? where id = ?', ms, id)
}

/** Deletes some keys that expired before `ms`, a row for each. */
export function deleteExpiredKeys(ms: number, limit: number): Statement {
  return statement(
    `delete from galley_keys where id in (select id from galley_keys where expiresAt <= ? limit ?) returning 1 as gone`,
    ms,
    limit,
  )
}
