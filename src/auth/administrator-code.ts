/**
 * The one-time code for the first administrator, which the server prints for its operator when it starts. Codes are rows
 * of `galley_resets` without a user. All of them become invalid once there is an administrator.
 */

import { guarded, statement } from '../database/statement.ts'
import { runAll } from '../database/steps.ts'
import type { Database, Statement } from '../ports/database.ts'
import { adminRole } from '../request/identity.ts'
import type { MakeToken } from './token.ts'

/** Valid codes at a time. A server that restarts often, as on Workers, creates many. */
const codesMax = 16

const hasAdmin = `exists (select 1 from galley_users where role = '${adminRole}' and disabledAt is null)`

/** Creates a code while there is no administrator, else returns null. */
export async function createCode(database: Database, makeToken: MakeToken, ms: number): Promise<string | null> {
  const { token, hash } = await makeToken('administrator')
  const statements = [
    statement(
      `insert into galley_resets (tokenHash, createdAt) select ?, ? where not ${hasAdmin} returning tokenHash`,
      hash,
      ms,
    ),
    statement(`delete from galley_resets where userId is null and (${hasAdmin} or tokenHash in (
      select tokenHash from galley_resets where userId is null order by createdAt desc, rowid desc limit -1 offset ${codesMax}))`),
  ]
  const [inserted] = await database.write(() => runAll(...statements))
  return inserted?.length === 1 ? token : null
}

/** Checks a code and deletes all codes; fails with `validation_failed`. */
export function useCode(hash: string): Statement[] {
  const guard = {
    error: 'validation_failed',
    field: 'code',
    message: 'is not valid, or there is an administrator already',
  } as const
  return [
    guarded(
      guard,
      `select 1 as valid from galley_resets where tokenHash = ? and userId is null and not ${hasAdmin}`,
      hash,
    ),
    statement('delete from galley_resets where userId is null'),
  ]
}
