/** Tokens to reset a password, and codes for the first administrator, which are rows without a user. */
import { guarded, statement } from '../../database/steps.ts'
import type { Statement } from '../../ports/database.ts'

export const tokenProblem = 'is not valid, was used or has expired'
const tokenAgeMaxMs = 60 * 60 * 1000
/** Valid tokens of one account, and so emails per hour. */
const openMax = 5

/** Stores a token; fails with `too_many_requests` while the user has as many as allowed. */
export function insertReset(userId: string, hash: string, ms: number): Statement {
  return guarded(
    { error: 'too_many_requests' },
    `insert into galley_resets (tokenHash, userId, createdAt, expiresAt) select ?, ?, ?, ?
      where (select count(*) from galley_resets where userId = ? and expiresAt > ?) < ? returning tokenHash`,
    hash,
    userId,
    ms,
    ms + tokenAgeMaxMs,
    userId,
    ms,
    openMax,
  )
}

/** Deletes the token. Of two requests with the same one, the second fails. */
export function useReset(hash: string, ms: number): Statement {
  return guarded(
    { error: 'validation_failed', field: 'token', message: tokenProblem },
    'delete from galley_resets where tokenHash = ? and userId is not null and expiresAt > ? returning userId',
    hash,
    ms,
  )
}

/** Finds the user of a valid token: `userId` and `email`. */
export function findReset(hash: string, ms: number): Statement {
  return statement(
    `select r.userId, u.email from galley_resets r join galley_users u on u.id = r.userId
      where r.tokenHash = ? and r.expiresAt > ? and u.disabledAt is null`,
    hash,
    ms,
  )
}

export function deleteResets(userId: string): Statement {
  return statement('delete from galley_resets where userId = ?', userId)
}

/** Deletes some tokens that expired before `ms`, a row for each. */
export function deleteExpiredResets(ms: number, limit: number): Statement {
  return statement(
    `delete from galley_resets where tokenHash in (select tokenHash from galley_resets where expiresAt <= ? limit ?) returning 1 as gone`,
    ms,
    limit,
  )
}
