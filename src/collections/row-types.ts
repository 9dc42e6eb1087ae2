/** The types of rows and of their bodies, from the declared fields. */
import type { z } from '@hono/zod-openapi'
import type { Fields } from './field.ts'

/** The fields that the server sets on every row. */
export interface SystemFields {
  /** 26 characters `[0-9A-Za-z]`, sortable by time. */
  id: string
  /** The time of creation, ISO 8601 in UTC. */
  createdAt: string
  /** Rises with every change, and is the row's ETag: the time of the change in milliseconds since 1970, or one more than before. */
  version: number
}

type OutputOf<F> = F extends { schema: z.ZodType<infer Output> } ? Output : never
type InputOf<F> = F extends { schema: z.ZodType<unknown, infer Input> } ? Input : never
type Simplify<T> = { [K in keyof T]: T[K] } & {}

/** A row as the API gives it. */
export type RowOf<F extends Fields> = Simplify<SystemFields & { [K in keyof F]: OutputOf<F[K]> }>

type OmittableKeys<F extends Fields> = { [K in keyof F]: undefined extends InputOf<F[K]> ? K : never }[keyof F]

/** The body that creates a row. */
export type CreateOf<F extends Fields> = Simplify<
  { [K in Exclude<keyof F, OmittableKeys<F>>]: InputOf<F[K]> } & { [K in OmittableKeys<F>]?: InputOf<F[K]> }
>

/** The body that changes a row: any of its fields. */
export type ChangeOf<F extends Fields> = Partial<{ [K in keyof F]: OutputOf<F[K]> }>

/** The rows that a row refers to, by field; of a list, those that the caller may read, in its order. */
export type Expansion<F extends Fields> = {
  [K in keyof F]?: OutputOf<F[K]> extends readonly string[] ? Expanded<F[K]>[] : Expanded<F[K]>
}

type Expanded<F> = F extends { column: { references: { fields: infer Target extends Fields } } }
  ? RowOf<Target> & { expand?: Expansion<Target> }
  : ExpandedRow

/** A row in `expand`, which may have its own, of a collection that the reference names. */
export interface ExpandedRow {
  id: string
  // biome-ignore lint/suspicious/noExplicitAny: a row, or several; the compiler does not know the fields of a target that is named.
  expand?: Record<string, any>
  [field: string]: unknown
}

/** A deleted row. */
export interface TrashEntry<F extends Fields> {
  row: RowOf<F>
  deletedAt: string
  /** The id of the user, `system` for the server itself, null for an anonymous client. */
  deletedBy: string | null
}

export interface TrashPage<F extends Fields> {
  entries: TrashEntry<F>[]
  /** The cursor of the next page; null for the last page. */
  next: string | null
}

export type HistoryAction = 'created' | 'updated' | 'deleted' | 'restored'

/** One change of a row. */
export interface HistoryEntry<F extends Fields> {
  action: HistoryAction
  at: string
  /** The id of the user, `system` for the server itself, null for an anonymous client. */
  by: string | null
  /** The version of the row since then; of a deleted one that before. */
  version: number
  /** The values of each changed field; null if they were too long to be kept. */
  changes: { [Name in keyof F]?: { before: OutputOf<F[Name]>; after: OutputOf<F[Name]> } | null }
}

export interface HistoryPage<F extends Fields> {
  entries: HistoryEntry<F>[]
  /** The cursor of the next page; null for the last page. */
  next: string | null
}

export type ChangeKind = 'created' | 'updated' | 'deleted'

/** The change of a row, which is the payload of a job that runs after it. */
export interface RowChange<F extends Fields, Kind extends ChangeKind = ChangeKind> {
  kind: Kind
  collection: string
  /** The row after the change; a deleted row as it was. */
  row: RowOf<F>
  /** The row before an update; else null. */
  before: Kind extends 'updated' ? RowOf<F> : null
  /** True if a creation brings a row back from the trash. */
  isRestore: boolean
  /** The user on whose behalf the change was made; null for an anonymous client and for the server itself. */
  userId: string | null
}
