/** The services of an app, which its routes and its message connections share. */
import { type Auth, createAuth } from '../auth/auth.ts'
import type { AnyCollection, Rows } from '../collections/declaration.ts'
import { createAllRows } from '../collections/rows.ts'
import { createIds } from '../database/id.ts'
import { type Commit, createCommit } from '../http/idempotency.ts'
import { AdmissionControl } from '../limits/admission-control.ts'
import { Overload } from '../limits/overload.ts'
import type { Platform } from '../ports/platform.ts'
import { type Identity, isExpired } from '../request/identity.ts'
import { createTopicLog, type TopicLog } from '../topics/log.ts'

/** A password costs a hundred times as much as a small read; a unit is half a hundredth of a second of one client. */
const costs = {
  'POST /api/auth/sign-in': 20,
  'POST /api/auth/sign-up': 20,
  'POST /api/auth/password': 20,
  'POST /api/auth/reset': 20,
  'POST /api/auth/reset/confirm': 20,
  'DELETE /api/auth/me': 20,
}

export interface Services {
  log: TopicLog
  commit: Commit
  /** Null on a platform without accounts. */
  auth: Auth | null
  admissionControl: AdmissionControl
  // biome-ignore lint/suspicious/noExplicitAny: rows of any fields; their parameters stand in both positions.
  rows: Record<string, Rows<any>>
}

export function createServices(platform: Platform, collections: readonly AnyCollection[]): Services {
  const { accounts, now, random, refusesOverload, settings } = platform
  const log = createTopicLog(platform)
  const isOver = (identity: Identity) => isExpired(identity, now) || auth?.identities.isRevoked(identity) === true
  const commit = createCommit(platform, isOver)
  const auth = accounts ? createAuth({ platform, commit, ...accounts }) : null
  const admissionControl = new AdmissionControl({
    isLimiting: settings.isRateLimited,
    overload: refusesOverload ? null : new Overload(),
    costs,
    random,
  })
  const newId = createIds(now, random)
  const problem = (error: unknown) => platform.log.problem({ error })
  const rows = Object.fromEntries(createAllRows(collections, { database: platform.database, now, log, newId, problem }))
  return { log, commit, auth, admissionControl, rows }
}
