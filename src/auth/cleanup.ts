import { type Background, deleteInSteps } from '../database/cleanup.ts'
import { runAll } from '../database/steps.ts'
import type { Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { deleteOldEntries } from './store/audit.ts'
import { deleteExpiredKeys } from './store/keys.ts'
import { deleteOldNetworks } from './store/networks.ts'
import { deleteExpiredResets } from './store/resets.ts'
import { deleteExpiredSessions } from './store/sessions.ts'
import { deleteExpiredVerifications } from './store/verifications.ts'
import type { Throttle } from './throttle.ts'

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
): (background: Background) => Promise<void> {
  return async (background) => {
    const clear = (deleteSome: (ms: number, limit: number) => Statement, ms: number) =>
      deleteInSteps(database, background, (limit) => deleteSome(ms, limit))
    const ms = now()
    await clear(deleteExpiredSessions, ms)
    await clear(deleteExpiredKeys, ms - expiredKeyAgeMs)
    await clear(deleteExpiredResets, ms)
    await clear(deleteExpiredVerifications, ms)
    await clear(deleteOldEntries, ms - auditAgeMaxMs)
    await database.write(() => runAll(throttle.cleanUp(), deleteOldNetworks(ms - networkAgeMaxMs)))
  }
}
