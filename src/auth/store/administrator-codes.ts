/** Codes for the first administrator: the rows of `galley_resets` without a user. */
import { guarded, statement } from '../../database/steps.ts'
import type { Statement } from '../../ports/database.ts'
import { adminRole } from '../../request/identity.ts'

/** Valid codes at a time. A server that restarts often, as on Workers, creates many. */
const codesMax = 16

const hasAdmin = `exists (select 1 from galley_users where role = '${adminRole}' and disabledAt is null)`

/** Stores a code while there is no administrator, and returns a row then. */
export function insertCode(hash: string, ms: number): Statement {
  return statement(
    `insert into galley_resets (tokenHash, createdAt) select ?, ? where not ${hasAdmin} returning tokenHash`,
    hash,
    ms,
  )
}

/** Deletes the oldest codes beyond the limit, and all once there is an administrator. */
export function trimCodes(): Statement {
  return statement(`delete from galley_resets where userId is null and (${hasAdmin} or tokenHash in (
    select tokenHash from galley_resets where userId is null order by createdAt desc, rowid desc limit -1 offset ${codesMax}))`)
}

/** Checks a code and deletes all codes; fails with `validation_failed`. */
export function useCode(hash: string): Statement[] {
  return [
    guarded(
      { error: 'validation_failed', field: 'code', message: 'is not valid, or there is an administrator already' },
      `select 1 as valid from galley_resets where tokenHash = ? and userId is null and not ${hasAdmin}`,
      hash,
    ),
    statement('delete from galley_resets where userId is null'),
  ]
}
