/** Enqueues deliveries in the write that makes a change. */
import type { AnyCollection } from '../collections/declaration.ts'
import type { Feed } from '../collections/feed.ts'
import type { ChangeKind } from '../collections/row-types.ts'
import type { SqlRow, Statement } from '../ports/database.ts'
import { makeEvent } from './event.ts'
import { enqueueEvent } from './store/queue.ts'

export interface WebhookFeedOptions {
  now(): number
  newId(): string
  /** Returns the endpoints that have no room for another delivery. */
  full(): readonly string[]
  /** Called after the commit of a delivery. */
  onDue(job: string, atMs: number): void
}

/** Enqueues a delivery for each endpoint that wants an event, in the write that makes the change. */
export function createWebhookFeed({ name }: AnyCollection, { now, newId, full, onDue }: WebhookFeedOptions): Feed {
  const wide = [`${name}.*`, '*']

  function enqueueing(kind: ChangeKind, row: Readonly<Record<string, unknown>>): readonly Statement[] {
    const ms = now()
    const event = makeEvent(newId(), `${name}.${kind}`, ms, row)
    const afterCommit = (rows: readonly SqlRow[]) => {
      // Any other has waited already.
      for (const { id, job } of rows) if (String(id).startsWith(event.id)) onDue(String(job), ms)
    }
    return [{ ...enqueueEvent(event, [event.type, ...wide], full(), ms), afterCommit }]
  }

  return {
    created: (row) => enqueueing('created', row),
    updated: (_before, row) => enqueueing('updated', row),
    deleted: (row) => enqueueing('deleted', row),
  }
}
