/** Codes that are emailed to an address, to show that its reader controls it: for a new account or for the one of the address. */
import { guarded, statement } from '../../database/steps.ts'
import type { Statement } from '../../ports/database.ts'

const codeAgeMaxMs = 60 * 60 * 1000
/** Valid codes of one address, and so emails per hour. */
const openMax = 5

/** Stores a code; fails with `too_many_requests` while the address has as many as allowed. */
export function insertVerification(email: string, hash: string, ms: number): Statement {
  return guarded(
    { error: 'too_many_requests', message: `There were ${openMax} emails within an hour. Try again later.` },
    `insert into galley_verifications (tokenHash, email, createdAt, expiresAt) select ?, ?, ?, ?
      where (select count(*) from galley_verifications where email = ? and expiresAt > ?) < ? returning tokenHash`,
    hash,
    email,
    ms,
    ms + codeAgeMaxMs,
    email,
    ms,
    openMax,
  )
}

/** Checks a code of this address and deletes all of the address; fails with `validation_failed`. */
export function useVerification(email: string, hash: string, ms: number): Statement[] {
  return [
    guarded(
      { error: 'validation_failed', field: 'code', message: 'is not valid for this address, was used or has expired' },
      'select 1 as valid from galley_verifications where tokenHash = ? and email = ? and expiresAt > ?',
      hash,
      email,
      ms,
    ),
    statement('delete from galley_verifications where email = ?', email),
  ]
}

/** Deletes some codes that expired before `ms`, a row for each. */
export function deleteExpiredVerifications(ms: number, limit: number): Statement {
  return statement(
    `delete from galley_verifications where tokenHash in (
      select tokenHash from galley_verifications where expiresAt <= ? limit ?) returning 1 as gone`,
    ms,
    limit,
  )
}
