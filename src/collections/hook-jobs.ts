/** Enqueues the jobs that are hooks of a collection, in the write that makes a change. */
import type { Statement } from '../ports/database.ts'
import type { QueuedJob } from '../queue/enqueue.ts'
import type { Identity } from '../request/identity.ts'
import type { AnyCollection } from './declaration.ts'
import type { Feed } from './feed.ts'

/** Makes the statement that enqueues a job with the change of a row. */
export type EnqueueChange = <Change>(job: QueuedJob<Change>, change: Change) => Statement

/** @returns null for a collection without such hooks */
export function createJobFeed({ name, hooks }: AnyCollection, enqueueChange: EnqueueChange): Feed | null {
  const { create, update, delete: remove } = hooks?.after ?? {}
  if ([create, update, remove].every((hook) => typeof hook !== 'object')) return null

  function enqueueing<Change>(
    hook: QueuedJob<Change> | ((...given: never[]) => unknown) | undefined,
    change: Change,
  ): Statement[] {
    return typeof hook === 'object' ? [enqueueChange(hook, change)] : []
  }

  const shared = (writer: Identity | null | undefined) => ({ collection: name, userId: writer?.userId ?? null })
  return {
    created: (row, writer, isRestore) =>
      enqueueing(create, { kind: 'created', row, before: null, isRestore, ...shared(writer) }),
    updated: (before, row, writer) =>
      enqueueing(update, { kind: 'updated', row, before, isRestore: false, ...shared(writer) }),
    deleted: (row, writer) =>
      enqueueing(remove, { kind: 'deleted', row, before: null, isRestore: false, ...shared(writer) }),
  }
}
