export type { Changes } from './app/migrate.ts'
export type { AppOptions, Middleware, RowsByName } from './app/options.ts'
export type { Seed, SeedContext, Seeded } from './app/seed.ts'
export { type App, createApp } from './app.ts'
export { collection } from './collections/collection.ts'
export type {
  AfterContext,
  AfterHook,
  AppDependencies,
  Change,
  Collection,
  CollectionOptions,
  HookContext,
  Hooks,
  Match,
  Rows,
} from './collections/declaration.ts'
export { type Column, type Field, type Fields, field } from './collections/field.ts'
export type { ListOptions } from './collections/list-options.ts'
export type {
  As,
  List,
  LocalClient,
  LocalCollection,
  LocalTrash,
  TransactionSteps,
} from './collections/local-client.ts'
export { type Roles, roles } from './collections/roles.ts'
export type {
  ChangeOf,
  CreateOf,
  HistoryEntry,
  HistoryPage,
  RowChange,
  RowOf,
  TrashEntry,
  TrashPage,
} from './collections/row-types.ts'
export { run, runAll } from './database/steps.ts'
export { AppError, type ErrorCode, type ErrorDetail, errorTable, invalidField, StartError } from './errors.ts'
export { readJson } from './http/body.ts'
export type { Commit } from './http/commit.ts'
export type { ApiResponse } from './http/reply.ts'
export { type AnyJob, type Backoff, type Job, type JobContext, type JobOptions, job } from './jobs/job.ts'
export { type Convert, change, type StoredRow } from './migrations/change.ts'
export type { Migration } from './migrations/migration.ts'
export { rename } from './migrations/rename.ts'
export { sql } from './migrations/sql.ts'
export type { Asset, Assets } from './ports/assets.ts'
export type { Database, Guard, Results, SqlRow, SqlValue, Statement, Steps, Write } from './ports/database.ts'
export { type AccessEntry, createLog, type Log, type LogLevel, type LogOptions, type Problem } from './ports/log.ts'
export { type Counter, createMetrics, type Family, type Histogram, type Labels, type Metrics } from './ports/metrics.ts'
export type { Notifier } from './ports/notifier.ts'
export { createLocalNotifier } from './ports/notifier.ts'
export type { Platform, Settings } from './ports/platform.ts'
export { createTimerScheduler, type Scheduler } from './ports/scheduler.ts'
export type { WebhookMessage, WebhookResponse, WebhookSender } from './ports/webhook-sender.ts'
export type { Enqueue, EnqueueArguments, EnqueueOptions, QueuedJob } from './queue/enqueue.ts'
export type { Context, Env, Peer, RequestContext } from './request/context.ts'
export type { Actor, Identity } from './request/identity.ts'
export type { Position } from './topics/position.ts'
export { type Topic, type TopicOptions, type TopicRule, topic } from './topics/topic.ts'
