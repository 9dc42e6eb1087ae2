/** Runs the hooks of a collection inside the steps of a write, and after its commit. */
import type { Database, SqlRow, Steps } from '../ports/database.ts'
import type { Enqueue } from '../queue/enqueue.ts'
import type { Identity } from '../request/identity.ts'
import type { AfterContext, BeforeResult, Collection, HookContext, Rows } from './declaration.ts'
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
  beforeCreate(row: RowOf<F>, identity: Identity | null): Steps<ChangeOf<F> | undefined>
  beforeUpdate(before: RowOf<F>, row: RowOf<F>, identity: Identity | null): Steps<ChangeOf<F> | undefined>
  beforeDelete(row: RowOf<F>, identity: Identity | null): Steps<void>
  /** Return `afterCommit` of the statement that makes the change. */
  afterCreate(row: RowOf<F>, identity: Identity | null): AfterCommit
  afterUpdate(before: RowOf<F>, row: RowOf<F>, identity: Identity | null): AfterCommit
  afterDelete(row: RowOf<F>, identity: Identity | null): AfterCommit
}

type AfterCommit = { afterCommit?(rows: readonly SqlRow[]): void }

/** @returns null for a collection without hooks */
export function createHookRunner<F extends Fields>(
  { hooks }: Collection<string, F>,
  { database, now, enqueue, as, rowsOf, problem }: HookOptions,
): HookRunner<F> | null {
  if (hooks === undefined) return null
  const { before = {}, after = {} } = hooks
  const contextOf = (identity: Identity | null): HookContext => ({ identity, now, rows: rowsOf, enqueue })

  /** Makes the callback that runs a hook; its failure is reported and changes no response. */
  function report(isThere: boolean, identity: Identity | null, run: (context: AfterContext) => unknown): AfterCommit {
    if (!isThere) return {}
    const start = async () => run({ ...contextOf(identity), as, database })
    return { afterCommit: () => void start().catch(problem) }
  }

  return {
    *beforeCreate(row, identity) {
      return (yield* resultOf(before.create?.(row, contextOf(identity)))) ?? undefined
    },
    *beforeUpdate(old, row, identity) {
      return (yield* resultOf(before.update?.(old, row, contextOf(identity)))) ?? undefined
    },
    *beforeDelete(row, identity) {
      yield* resultOf(before.delete?.(row, contextOf(identity)))
    },
    afterCreate: (row, identity) =>
      report(after.create !== undefined, identity, (context) => after.create?.(row, context)),
    afterUpdate: (old, row, identity) =>
      report(after.update !== undefined, identity, (context) => after.update?.(old, row, context)),
    afterDelete: (row, identity) =>
      report(after.delete !== undefined, identity, (context) => after.delete?.(row, context)),
  }
}

/** Runs the steps of a hook that is a generator. */
function* resultOf<T>(result: BeforeResult<T>): Steps<T | void> {
  return isSteps(result) ? yield* result : result
}

function isSteps<T>(result: BeforeResult<T>): result is Steps<T | void> {
  return typeof result === 'object' && result !== null && Symbol.iterator in result
}
