/** Events that are sent: their names and bodies. */
import type { ChangeKind } from '../collections/row-types.ts'
import { bytesOf } from '../http/reply.ts'
import { isoTime } from '../iso-time.ts'
import { bodyBytesMax } from './limits.ts'

const kinds: readonly ChangeKind[] = ['created', 'updated', 'deleted']

/** The type of an event that an administrator sends to try an endpoint. */
export const testType = 'test'

/** The names by which an endpoint chooses events of these collections: `todos.created`, `todos.*`, or `*` for all. */
export function eventNames(collections: readonly string[]): string[] {
  return ['*', ...collections.flatMap((name) => ['*', ...kinds].map((kind) => `${name}.${kind}`))]
}

/** An event on its way to an endpoint. */
export interface WebhookEvent {
  /** The same in each attempt, and for each endpoint. */
  id: string
  type: string
  /** JSON. */
  body: string
}

/** @param data the row; of one that is too large only the id is sent */
export function makeEvent(id: string, type: string, ms: number, data: Readonly<Record<string, unknown>>): WebhookEvent {
  const timestamp = isoTime(ms)
  const body = JSON.stringify({ type, timestamp, data })
  if (bytesOf(body) <= bodyBytesMax) return { id, type, body }
  return { id, type, body: JSON.stringify({ type, timestamp, data: { id: data.id }, isPartial: true }) }
}
