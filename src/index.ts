export { type App, createApp } from './app.ts'
export {
  type ChangeOf,
  type Collection,
  type CollectionOptions,
  type CreateOf,
  collection,
  type RouteTools,
  type RowOf,
} from './collections/collection.ts'
export { type Column, type Field, type Fields, field } from './collections/field.ts'
export type { Match, Rows } from './collections/rows.ts'
export type { Context, Env, Peer, RequestContext } from './context.ts'
export { AppError, type ErrorCode, type ErrorDetail, errorTable, invalidField, StartError } from './errors.ts'
export { type AccessEntry, createLog, type Log, type LogLevel, type LogOptions, type Problem } from './log.ts'
export { type Counter, createMetrics, type Family, type Histogram, type Labels, type Metrics } from './metrics.ts'
export { readJson } from './middleware/body.ts'
export type { Commit } from './middleware/idempotency.ts'
export type { Answer } from './middleware/reply.ts'
export type {
  Asset,
  Assets,
  Bus,
  Database,
  Guard,
  Platform,
  Results,
  Settings,
  SqlRow,
  SqlValue,
  Statement,
  Step,
} from './platform.ts'
export { createLocalBus } from './topics/bus.ts'
export type { Position } from './topics/position.ts'
export { type Topic, type TopicOptions, type TopicRule, topic } from './topics/topic.ts'
