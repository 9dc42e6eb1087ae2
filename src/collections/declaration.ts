/** The types of a declared collection. */
import type { z } from '@hono/zod-openapi'
import type { Hono, Schema } from 'hono'
import type { BlankSchema } from 'hono/types'
import type { Commit } from '../http/commit.ts'
import type { Database, SqlRow, Steps } from '../ports/database.ts'
import type { Log } from '../ports/log.ts'
import type { Mailer } from '../ports/mailer.ts'
import type { Enqueue, QueuedJob } from '../queue/enqueue.ts'
import type { Env } from '../request/context.ts'
import type { BuiltInRole, Identity } from '../request/identity.ts'
import type { Condition } from './condition.ts'
import type { Fields } from './field.ts'
import type { KeepHistory, SoftDelete } from './keeping.ts'
import type { As } from './local-client.ts'
import type { ChangeOf, RowChange, RowOf } from './row-types.ts'
import type { FilterValue, ListFilterValue, RuleOf } from './rule.ts'

/**
 * `restore` is to see rows in the trash and to restore them, `purge` to delete one of them for good, `history` to read what a row
 * was. Those three also need `read` of the row.
 */
export type Action = 'read' | 'create' | 'update' | 'delete' | 'restore' | 'purge' | 'history'

/** A condition on rows: the value of each field, values of which it must be one, or a value that its list must contain. */
export type RowFilter = Readonly<Record<string, FilterValue | readonly FilterValue[] | ListFilterValue>>

/** A rule of any collection. */
export type Rule = string | ((identity: Identity | null) => boolean | RowFilter | readonly RowFilter[])

/** An action without a rule is allowed to administrators only. `open` allows every action to anyone. */
export type Access<F extends Fields, Role extends string> = Partial<Record<Action, RuleOf<Role, F>>> | 'open'

/** Returns true if a stored version is the one that the client expects; see `If-Match`. */
export type Match = (version: number) => boolean

export interface WriteOptions {
  /** The client on whose behalf the write is made, for hooks and the history; null for an anonymous one. None for the server itself. */
  identity?: Identity | null | undefined
  /** Notes the number of rows that the write changes beside its own. */
  onDependents?: ((count: number) => void) | undefined
}

export interface MatchOptions extends WriteOptions {
  /** Fails the write with `precondition_failed` unless it returns true for the stored version. */
  match?: Match | undefined
}

/** A row before and after a change. */
export interface Change<F extends Fields> {
  before: RowOf<F>
  row: RowOf<F>
}

/** Reads the rows of a collection, and makes the steps of writes that change them. Each change is an event of its topic. */
export interface Rows<F extends Fields> {
  /** Reads a row, outside a write. Returns no promise where the database returns none, which hot routes rely on. */
  get(id: string, only?: Condition | null): RowOf<F> | null | Promise<RowOf<F> | null>
  /** Makes a row of a body, with its id, time, version and owner; nothing is stored yet. @throws AppError `validation_failed` */
  make(body: unknown, id?: string, owner?: string): RowOf<F>
  /** Reads a row inside a write. */
  find(id: string): Steps<RowOf<F> | null>
  /** Stores a row. Fails with `precondition_failed` when its id is taken, and with `validation_failed` as `make` does. */
  insert(row: RowOf<F>, options?: WriteOptions): Steps<RowOf<F>>
  /**
   * Changes the given fields, or those that a pure function of the row returns, which may throw an AppError.
   * Fails with `not_found`, with `precondition_failed` where `match` returns false, and with `validation_failed` as `change` does.
   */
  update(id: string, changes: ChangeOf<F> | ((row: RowOf<F>) => ChangeOf<F>), options?: MatchOptions): Steps<Change<F>>
  /**
   * Removes a row and returns it, with the rows that refer to it, as their references declare by `onDelete`; those of collections
   * that declare `softDelete` go to the trash. Fails as `update` does, and with `conflict` while a row refers to it that restricts
   * this, or more than a thousand rows depend on it.
   */
  remove(id: string, options?: MatchOptions): Steps<RowOf<F>>
  /** Reads a row in the trash inside a write. */
  findTrashed(id: string): Steps<RowOf<F> | null>
  /**
   * Restores a row from the trash and returns it, with the rows that were deleted with it. Fails with `not_found`, with
   * `validation_failed` when the row does not fit the declaration any more or refers to nothing, and with `conflict` when another
   * row has a unique value of it.
   */
  restore(id: string, options?: WriteOptions): Steps<RowOf<F>>
  /** Deletes a row in the trash for good, with the rows that were deleted with it. Fails with `not_found`. */
  purge(id: string, options?: Pick<WriteOptions, 'onDependents'>): Steps<void>
  /** Converts a stored row to a row as the API gives it. */
  decode(stored: SqlRow): RowOf<F>
  /** Validates a body that changes a row. @throws AppError `validation_failed` */
  change(body: unknown): ChangeOf<F>
}

/** Fields that a hook changes, nothing, or a generator of steps that returns one of them. */
export type BeforeResult<T> = T | void | Steps<T | void>

export interface HookContext {
  /** The client on whose behalf the write is made; null for an anonymous client and for the server itself. */
  identity: Identity | null
  /** True if the row that is created comes back from the trash. */
  isRestore: boolean
  /** Milliseconds since 1970. */
  now(): number
  /** The rows of another collection: `yield*` their steps in the same write. */
  rows<F extends Fields>(collection: Collection<string, F>): Rows<F>
  /** Enqueues a job: `yield*` its steps in the same write. */
  enqueue: Enqueue
}

export interface AfterContext extends HookContext {
  /** Acts on somebody's behalf, with rules and hooks. */
  as: As
  database: Database
}

/** Code that runs with every change of a row, whichever way the change is made. */
export interface Hooks<F extends Fields> {
  /**
   * Run inside the write, before the row is stored. A hook may throw an AppError, which fails the write, may read and
   * write other rows with `yield*`, and may return fields to change. It may run more than once for one write.
   */
  before?: {
    create?(row: RowOf<F>, context: HookContext): BeforeResult<ChangeOf<F>>
    /** `row` has the changes of the write already. */
    update?(before: RowOf<F>, row: RowOf<F>, context: HookContext): BeforeResult<ChangeOf<F>>
    delete?(row: RowOf<F>, context: HookContext): BeforeResult<never>
  }
  /**
   * Functions run once after the commit. The response does not wait for them; an error is logged. A job instead of a function is
   * enqueued in the write itself, with the change as its payload, and so runs at least once.
   */
  after?: {
    create?: AfterHook<[row: RowOf<F>], RowChange<F, 'created'>>
    update?: AfterHook<[before: RowOf<F>, row: RowOf<F>], RowChange<F, 'updated'>>
    delete?: AfterHook<[row: RowOf<F>], RowChange<F, 'deleted'>>
  }
}

export type AfterHook<Rows extends unknown[], Change> =
  | ((...given: [...Rows, context: AfterContext]) => void | Promise<void>)
  | QueuedJob<Change>

/** The parts of an app that its middleware and routes work with. */
export interface AppDependencies<AllRows> {
  /** The rows of the collection, or of each collection by its name, as in `rows.todos.get(id)`. */
  rows: AllRows
  /** Acts on somebody's behalf, with rules and hooks. */
  as: As
  database: Database
  /** Makes the one write of a request. */
  commit: Commit
  /** Enqueues a job: its steps belong into a write, as in `commit`. */
  enqueue: Enqueue
  log: Log
  /** Null where the platform has no accounts. */
  mailer: Mailer | null
  /** Milliseconds since 1970. */
  now(): number
}

/** Names of fields. */
export type Names<F extends Fields> = readonly (keyof F & string)[]

/** The options of a collection. The compiler knows its indexes, unique values and search, for the parameters of lists. */
export interface CollectionOptions<
  F extends Fields,
  S extends Schema = BlankSchema,
  Role extends string = BuiltInRole,
  I extends readonly Names<F>[] = readonly Names<F>[],
  U extends readonly Names<F>[] = readonly Names<F>[],
  T extends Names<F> = Names<F>,
> {
  fields: F
  /** The name of one row in messages, as in `Todo not found`. Default: derived from the plural, `todo` from `todos`. */
  singular?: string
  /** The rule for each action. */
  access: Access<F, Role>
  /**
   * The field that divides the collection's events by audience: events of rows in which it is X go to the topic `NAME/X`. It must
   * be an indexed text field. Without it all events go to the topic `NAME`.
   */
  audience?: keyof F & string
  /**
   * Leaves the data of earlier events in the log when a row is changed or deleted. By default it is replaced by null, so that nobody
   * reads what a row was.
   */
  keepEventData?: true
  /** Puts deleted rows into the trash, from which they can be restored, for 30 days unless it says otherwise. */
  softDelete?: SoftDelete
  /** Keeps who changed which fields of a row when: 1,000 entries a row, forever unless it says otherwise. */
  history?: KeepHistory
  /** Indexes of several fields, for lists that filter by the first ones and sort by the last. */
  indexes?: I
  /** Fields of which no two rows may have the same values together. A row without a value in one of them is like no other. */
  unique?: U
  /** The fields of text that `search` looks through. */
  search?: T
  /** The names of removed fields whose data the next start deletes for good. Without it a removed field keeps its data. */
  dropped?: readonly string[]
  /** Code that runs with every change of a row. */
  hooks?: Hooks<F>
  /**
   * Additional routes, mounted at `/api/NAME` before the usual ones. They read with `rows` or `database`, and write with one
   * `commit`.
   */
  routes?: (deps: AppDependencies<Rows<F>>) => Hono<Env, S>
}

/** A resource, declared once. */
export interface Collection<
  Name extends string = string,
  F extends Fields = Fields,
  S extends Schema = Schema,
  I extends readonly Names<F>[] = readonly Names<F>[],
  U extends readonly Names<F>[] = readonly Names<F>[],
  T extends Names<F> = Names<F>,
> extends Omit<CollectionOptions<F, S, BuiltInRole, I, U, T>, 'access'> {
  name: Name
  singular: string
  access: Readonly<Record<Action, Rule>>
  schemas: Schemas
}

// biome-ignore lint/suspicious/noExplicitAny: a collection of any fields; its parameters stand in both positions.
export type AnyCollection = Collection<string, any, any>

/** The zod schemas of a collection's documents. */
export interface Schemas {
  /** A row in a response. */
  row: z.ZodObject
  /** A body that creates a row. Unknown fields are refused; fields that the server sets are ignored. */
  create: z.ZodObject
  /** A body that changes a row. */
  change: z.ZodObject
}
