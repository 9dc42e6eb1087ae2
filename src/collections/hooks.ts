/** Runs the hooks of a collection inside the steps of a write, and after its commit. */
import type { Database, SqlRow, Steps } from '../ports/database.ts'
import type { Enqueue } from '../queue/enqueue.ts'
import type { Identity } from '../request/identity.ts'
import type { AfterHook, BeforeResult, Collection, HookContext, Rows } from './declaration.ts'
import type { Fields } from './field.ts'
import type { As } from './local-client.ts'
import type { ChangeOf, RowOf } from './row-types.ts'

export interface HookOptions {
  database: Database
  now(): number
  enqueue: Enqueue
  as: As
  /** Finds the rows of another collection of the app. @throws TypeError when the app has no such collection */
  rowsOf<F extends Fields>(collection: Collection<string, F>): Rows<F>
  /** Reports an error of a hook that ran after the commit. */
  problem(error: unknown): void
}

/** The hooks of one collection, of which none need be there. */
export interface HookRunner<F extends Fields> {
  /** Returns the fields that the hook changes. */
  beforeCreate(row: RowOf<F>, writer: Writer, isRestore: boolean): Steps<ChangeOf<F> | undefined>
  beforeUpdate(before: RowOf<F>, row: RowOf<F>, writer: Writer): Steps<ChangeOf<F> | undefined>
  beforeDelete(row: RowOf<F>, writer: Writer): Steps<void>
  /** Return `afterCommit` of the statement that makes the change. */
  afterCreate(row: RowOf<F>, writer: Writer, isRestore: boolean): AfterCommit
  afterUpdate(before: RowOf<F>, row: RowOf<F>, writer: Writer): AfterCommit
  afterDelete(row: RowOf<F>, writer: Writer): AfterCommit
}

/** The client on whose behalf a write is made; null for an anonymous one, undefined for the server itself. */
type Writer = Identity | null | undefined

type AfterCommit = { afterCommit?(rows: readonly SqlRow[]): void }

/** @returns null for a collection without hooks */
export function createHookRunner<F extends Fields>(
  { hooks }: Collection<string, F>,
  { database, now, enqueue, as, rowsOf, problem }: HookOptions,
): HookRunner<F> | null {
  if (hooks === undefined) return null
  const { before = {}, after = {} } = hooks
  const contextOf = (writer: Writer, isRestore = false): HookContext => ({
    identity: writer ?? null,
    isRestore,
    now,
    rows: rowsOf,
    enqueue,
  })

  /** Makes the callback that runs a hook; its failure is reported and changes no response. */
  function report<Rows extends unknown[]>(
    hook: AfterHook<Rows, never> | undefined,
    writer: Writer,
    isRestore: boolean | undefined,
    ...rows: Rows
  ): AfterCommit {
    if (typeof hook !== 'function') return {}
    const start = async () => hook(...rows, { ...contextOf(writer, isRestore), as, database })
    return { afterCommit: () => void start().catch(problem) }
  }

  return {
    *beforeCreate(row, writer, isRestore) {
      return (yield* resultOf(before.create?.(row, contextOf(writer, isRestore)))) ?? undefined
    },
    *beforeUpdate(old, row, writer) {
      return (yield* resultOf(before.update?.(old, row, contextOf(writer)))) ?? undefined
    },
    *beforeDelete(row, writer) {
      yield* resultOf(before.delete?.(row, contextOf(writer)))
    },
    afterCreate: (row, writer, isRestore) => report(after.create, writer, isRestore, row),
    afterUpdate: (old, row, writer) => report(after.update, writer, false, old, row),
    afterDelete: (row, writer) => report(after.delete, writer, false, row),
  }
}

/** Runs the steps of a hook that is a generator. */
function* resultOf<T>(result: BeforeResult<T>): Steps<T | void> {
  return isSteps(result) ? yield* result : result
}

function isSteps<T>(result: BeforeResult<T>): result is Steps<T | void> {
  return typeof result === 'object' && result !== null && Symbol.iterator in result
}
