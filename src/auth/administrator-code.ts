/**
 * The one-time code for the first administrator, which the server prints for its operator when it starts. Codes are rows
 * of `galley_resets` without a user. All of them become invalid once there is an administrator.
 */

import { runAll } from '../database/steps.ts'
import type { Database } from '../ports/database.ts'
import { insertCode, trimCodes } from './store/administrator-codes.ts'
import type { MakeToken } from './token.ts'

/** Creates a code while there is no administrator, else returns null. */
export async function createCode(database: Database, makeToken: MakeToken, ms: number): Promise<string | null> {
  const { token, hash } = await makeToken('administrator')
  const [inserted] = await database.write(() => runAll(insertCode(hash, ms), trimCodes()))
  return inserted?.length === 1 ? token : null
}
