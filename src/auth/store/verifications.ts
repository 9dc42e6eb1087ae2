/** Codes that are emailed to an address, to show that its reader controls it: for a new account or for the one of the address. */
import { guarded, statement } from '../../database/steps.ts'
import type { Statement } from '../../ports/database.ts'

/** What a code is for. Each has emails of its own, so that strangers who sign up with an address use up none of its owner's. */
export type CodePurpose = 'sign-up' | 'verify'

const codeAgeMaxMs = 60 * 60 * 1000
/** Valid codes of one address and purpose, and so emails per hour. */
const openMax = 5

/** Stores a code; fails with `too_many_requests` while the address has as many as allowed. */
export function insertVerification(purpose: CodePurpose, email: string, hash: string, ms: number): Statement {
  return guarded(
    { error: 'too_many_requests', message: `There were ${openMax} emails within an hour. Try again later.` },
    `insert into galley_verifications (tokenHash, purpose, email, createdAt, expiresAt) select ?, ?, ?, ?, ?
      where (select count(*) from galley_verifications where email = ? and purpose = ? and expiresAt > ?) < ?
      returning tokenHash`,
    hash,
    purpose,
    email,
    ms,
    ms + codeAgeMaxMs,
    email,
    purpose,
    ms,
    openMax,
  )
}

/** Checks a code of this address and deletes all of the address; fails with `validation_failed`. */
export function useVerification(purpose: CodePurpose, email: string, hash: string, ms: number): Statement[] {
  return [
    guarded(
      { error: 'validation_failed', field: 'code', message: 'is not valid for this address, was used or has expired' },
      'select 1 as valid from galley_verifications where tokenHash = ? and email = ? and purpose = ? and expiresAt > ?',
      hash,
      email,
      purpose,
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
