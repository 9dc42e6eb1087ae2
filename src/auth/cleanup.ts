import { statement } from '../database/statement.ts'
import { run, runAll } from '../database/steps.ts'
import type { Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import type { Throttle } from './throttle.ts'

/** In one write, so that others get their turn between. */
const rowsMax = 1000
const dayMs = 24 * 60 * 60 * 1000
/** So long a key that has expired is still listed, so that its owner sees why it no longer works. */
const expiredKeyAgeMs = 30 * dayMs
/** A year, and time to look back on it. */
const auditAgeMaxMs = 400 * dayMs
const placeAgeMaxMs = 180 * dayMs

/** Makes what lets go of expired sessions, keys, resets, counts and old entries of the audit. */
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
    const places = statement('delete from galley_places where lastAt < ?', ms - placeAgeMaxMs)
    await database.write(() => runAll(throttle.cleanUp(), places))
  }
}

function outdated(table: string, key: string, condition: string, ms: number): Statement {
  const sql = `delete from ${table} where ${key} in (select ${key} from ${table} where ${condition} limit ${rowsMax}) returning 1 as gone`
  return statement(sql, ms)
}
