/** Clients inside the server: they act on behalf of a user or of the server itself, with the rules and hooks that HTTP has. */
import type { Steps } from '../ports/database.ts'
import type { Enqueue } from '../queue/enqueue.ts'
import type { Actor } from '../request/identity.ts'
import type { DeclaredTopic, MessageTo, NamedMessageTo } from '../topics/message.ts'
import type { Fields } from './field.ts'
import type { KeepHistory, SoftDelete } from './keeping.ts'
import type { ExpandPath, Listed } from './list-names.ts'
import type { ListOptions } from './list-options.ts'
import type { ChangeOf, CreateOf, Expansion, HistoryPage, RowOf, TrashPage } from './row-types.ts'

/** The part of a declared collection that tells of its rows and their lists. */
export interface Declared<F extends Fields = Fields> extends Listed {
  name: string
  fields: F
}

/** A page of rows. */
export interface List<F extends Fields> {
  rows: (RowOf<F> & { expand?: Expansion<F> })[]
  /** The cursor of the next page; null for the last page. */
  next: string | null
  /** The number of all matching rows, up to 10,000; where it was asked for. */
  count?: number
  /** True if the rows had to be looked for, because no index serves the query. */
  isScan?: boolean
  /** The number of rows that were read for `expand`. */
  expandedRows?: number
}

/** What a write of one row may require. */
export interface ExpectOptions {
  /** Fails with `precondition_failed` unless the row has this version. */
  version?: number
}

/** A collection on somebody's behalf. Each method throws the `AppError` that a client would get. */
export interface LocalCollection<D extends Declared, F extends Fields = D['fields']> {
  /** @param expand references, as in `['patient', 'doctor.clinic']`, whose rows are put into the row */
  get(id: string, expand?: readonly ExpandPath<F>[]): Promise<RowOf<F> & { expand?: Expansion<F> }>
  list(options?: ListOptions<D>): Promise<List<F>>
  /** @param id the id of the new row; by default one is made */
  create(body: CreateOf<F>, id?: string): Promise<RowOf<F>>
  update(id: string, changes: ChangeOf<F>, options?: ExpectOptions): Promise<RowOf<F>>
  /** Returns the deleted row. */
  delete(id: string, options?: ExpectOptions): Promise<RowOf<F>>
}

/** Entries of a page, 100 at most, 50 by default, and the `next` of the page before. */
export type PageOptions = { limit?: number; cursor?: string }

/** The parts of a collection that its options add. */
export type Added<F extends Fields, C> = (C extends { softDelete: SoftDelete } ? { trash: LocalTrash<F> } : unknown) &
  (C extends { history: KeepHistory } ? { history: LocalHistory<F> } : unknown)
export type AddedSteps<F extends Fields, C> = C extends { softDelete: SoftDelete } ? { trash: TrashSteps<F> } : unknown

/** Lists who changed a row, the newest change first. */
export type LocalHistory<F extends Fields> = (id: string, options?: PageOptions) => Promise<HistoryPage<F>>

/** Deleted rows. */
export interface LocalTrash<F extends Fields> {
  /** Lists the rows that can be restored, the newest deletion first. */
  list(options?: PageOptions): Promise<TrashPage<F>>
  /** Restores a row with those that were deleted with it, and returns it. */
  restore(id: string): Promise<RowOf<F>>
  /** Deletes a row for good with those that were deleted with it. */
  purge(id: string): Promise<void>
}

/** The same as steps of a write: `yield*` them. */
export interface CollectionSteps<F extends Fields> {
  get(id: string): Steps<RowOf<F>>
  create(body: CreateOf<F>, id?: string): Steps<RowOf<F>>
  update(id: string, changes: ChangeOf<F>, options?: ExpectOptions): Steps<RowOf<F>>
  delete(id: string, options?: ExpectOptions): Steps<RowOf<F>>
}

export interface TrashSteps<F extends Fields> {
  restore(id: string): Steps<RowOf<F>>
  purge(id: string): Steps<void>
}

/** The steps that a transaction is made of. */
export interface TransactionSteps {
  collection<F extends Fields, C>(collection: Declared<F> & C): CollectionSteps<F> & AddedSteps<F, C>
  /** Returns the offset of the event. */
  publish<T extends DeclaredTopic>(topic: T, message: MessageTo<T>): Steps<number>
  enqueue: Enqueue
}

export interface LocalClient {
  collection<D extends Declared>(collection: D): LocalCollection<D> & Added<D['fields'], D>
  /** Publishes a message to a declared topic, or to that of a collection, and resolves with the offset of its event. */
  publish<T extends DeclaredTopic>(topic: T, message: NamedMessageTo<T>): Promise<number>
  /**
   * Makes one write of several steps, which happen all or not at all. `work` may run more than once, so it must have no effect but
   * the steps that it yields.
   */
  transaction<T>(work: (steps: TransactionSteps) => Steps<T>): Promise<T>
}

/** Makes a client for an identity, for an anonymous client (null), or for the server itself (`system`), which may do everything. */
export type As = (who: Actor) => LocalClient
