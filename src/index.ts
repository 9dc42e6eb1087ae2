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
export type { Context, Env, RequestContext } from './context.ts'
export { AppError, type ErrorCode, type ErrorDetail, errorTable, invalidField, StartError } from './errors.ts'
export { readJson } from './middleware/body.ts'
export type { Commit } from './middleware/idempotency.ts'
export type { Answer } from './middleware/reply.ts'
export type {
  Asset,
  Assets,
  Database,
  Guard,
  Platform,
  Problem,
  Results,
  Settings,
  SqlRow,
  SqlValue,
  Statement,
  Step,
} from './platform.ts'
