import { statement } from '../database/statement.ts'
import { run, runAll } from '../database/steps.ts'
import type { Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { Throttle } from './throttle.ts'

/** Rows deleted by one write, so that other writes get their turn. */
const rowsMax = 1000
const dayMs = 24 * 60 * 60 * 1000
/** An expired key stays listed this long, so that its owner sees why it no longer works. */
const expiredKeyAgeMs = 30 * dayMs
/** A year, with some time to review it. */
const auditAgeMaxMs = 400 * dayMs
const networkAgeMaxMs = 180 * dayMs

/** Returns the function that deletes expired sessions, keys, resets and counts, and old entries of the audit log. */
export function createAccountCleanup(
  { database, now }: Pick<Platform, 'database' | 'now'>,
  throttle: Throttle,
): () => Promise<void> {
  async function clear(makeStatement: () => Statement): Promise<void> {
    for (let gone = rowsMax; gone === rowsMax; ) gone = (await database.write(() => run(makeStatement()))).length
  }

  return async () => {
    const ms = now()
    await clear(() => outdated('galley_logins', 'id', 'expiresAt <= ?', ms))
    await clear(() => outdated('galley_keys', 'id', 'expiresAt <= ?', ms - expiredKeyAgeMs))
    await clear(() => outdated('galley_resets', 'tokenHash', 'expiresAt <= ?', ms))
    await clear(() => outdated('galley_audit', 'id', 'at < ?', ms - auditAgeMaxMs))
    const networks = statement('delete from galley_places where lastAt < ?', ms - networkAgeMaxMs)
    await database.write(() => runAll(throttle.cleanUp(), networks))
  }
}

function outdated(table: string, key: string, condition: string, ms: number): Statement {
  const sql = `delete from ${table} where ${key} in (select ${key} from ${table} where ${condition} limit ${rowsMax}) returning 1 as gone`
  return statement(sql, ms)
}
