/** The services of an app, which its routes and its message connections share. */
import { type Auth, createAuth } from '../auth/auth.ts'
import { createAs } from '../collections/as.ts'
import type { AnyCollection, AppDependencies } from '../collections/declaration.ts'
import type { EnqueueChange } from '../collections/hook-jobs.ts'
import { createOperationsOf, type OperationsOf } from '../collections/operations.ts'
import { createAllRows, type RowsOfAll } from '../collections/rows.ts'
import { createIds } from '../database/id.ts'
import { AppError } from '../errors.ts'
import { createCommit } from '../http/commit.ts'
import type { AnyJob } from '../jobs/job.ts'
import { createJobRoutes } from '../jobs/routes.ts'
import { Runner } from '../jobs/runner.ts'
import { AdmissionControl } from '../limits/admission-control.ts'
import { Overload } from '../limits/overload.ts'
import type { Platform } from '../ports/platform.ts'
import { JobQueue } from '../queue/enqueue.ts'
import { type Actor, type Identity, identityOf, isExpired } from '../request/identity.ts'
import { createTopicLog, type TopicLog } from '../topics/log.ts'
import { createPublisher, type Publisher } from '../topics/publisher.ts'
import { createTopicRules, type Topic, type TopicRules } from '../topics/topic.ts'
import { createWebhooks, type Webhooks } from '../webhooks/webhooks.ts'

/** The rate limit units of routes that hash a password, which costs a hundred times as much as a small read. */
const costs = {
  'POST /api/auth/sign-in': 20,
  'POST /api/auth/sign-up': 20,
  'POST /api/auth/password': 20,
  'POST /api/auth/reset': 20,
  'POST /api/auth/reset/confirm': 20,
  'DELETE /api/auth/me': 20,
}

export interface Services {
  topicLog: TopicLog
  rules: TopicRules
  publisher: Publisher
  operationsOf: OperationsOf
  /** @throws AppError `unauthorized` for an identity whose credential was revoked or has expired */
  requireValid(who: Actor): void
  /** For middleware and own routes. */
  deps: AppDependencies<RowsOfAll>
  /** Null on a platform without accounts. */
  auth: Auth | null
  admissionControl: AdmissionControl
  /** Null in an app without jobs. */
  runner: Runner | null
  /** For `/api/admin`. */
  jobRoutes: ReturnType<typeof createJobRoutes>
  /** Null in an app that sends none. */
  webhooks: Webhooks | null
}

export function createServices(
  platform: Platform,
  collections: readonly AnyCollection[],
  topics: readonly Topic[],
  jobs: readonly AnyJob[],
  sent: readonly AnyCollection[] | undefined,
): Services {
  const { accounts, database, log, now, random, refusesOverload, settings } = platform
  const topicLog = createTopicLog(platform)
  const rules = createTopicRules(topics)
  const publisher = createPublisher({ log: topicLog, rules })
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
  const problem = (error: unknown) => log.problem({ error })
  const names = new Set(jobs.map(({ name }) => name))
  const onDue = (job: string, atMs: number) => runner?.notice(job, atMs)
  const queue = new JobQueue({ now, newId, names, onDue })
  const { enqueue } = queue
  const webhooks = sent ? createWebhooks({ platform, commit, newId, onDue, collections: sent }) : null
  const requireValid = (who: Actor) => {
    const identity = identityOf(who)
    if (identity !== null && isOver(identity)) throw new AppError('unauthorized')
  }
  const as = createAs({ database, publisher, enqueue, requireValid, operationsOf: (of) => operationsOf(of) })
  const enqueueChange: EnqueueChange = (job, change) => queue.forChange(job, change)
  const { all: rows, rowsOf } = createAllRows(collections, {
    database,
    now,
    topicLog,
    newId,
    enqueue,
    enqueueChange,
    feedOf: webhooks?.feedOf,
    as,
    problem,
  })
  const operationsOf = createOperationsOf(collections, rowsOf, database)
  const mailer = accounts?.mailer ?? null
  const shared = { database, log, mailer, now, enqueue, rows: rowsOf, as }
  const isIdle = jobs.length === 0 && webhooks === null
  const runner = isIdle ? null : new Runner({ jobs, platform, queue, newId, shared, jobOf: webhooks?.jobOf })
  const deps = { rows, as, database, commit, enqueue, log, mailer, now }
  const jobRoutes = createJobRoutes({
    platform,
    commit,
    onDue,
    onCount: (change) => runner?.changeCounts(change),
  })
  return {
    topicLog,
    rules,
    publisher,
    operationsOf,
    requireValid,
    deps,
    auth,
    admissionControl,
    runner,
    jobRoutes,
    webhooks,
  }
}
