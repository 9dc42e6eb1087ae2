import { invalidField } from '../errors.ts'
import type { Statement } from '../ports/database.ts'
import type { Identity } from '../request/identity.ts'
import type { TopicLog } from '../topics/log.ts'
import { isPartition, partitionOf, type Topic, topic } from '../topics/topic.ts'
import { coversAudience, decide, hasTopic } from './access.ts'
import type { AnyCollection } from './declaration.ts'

type Row = Readonly<Record<string, unknown>>

/** Builds the statements that append a collection's changes to its topic, in the write that makes them. */
export interface Feed {
  created(row: Row): readonly Statement[]
  updated(before: Row, row: Row): readonly Statement[]
  deleted(before: Row): readonly Statement[]
}

export function createFeed(collection: AnyCollection, topicLog: TopicLog): Feed {
  const { name, audience } = collection
  const topicOf = (row: Row) => (audience === undefined ? name : audienceTopic(name, audience, row))
  const append = (type: string, row: Row) => topicLog.append(topicOf(row), type, JSON.stringify(row))

  if (!hasTopic(collection)) return { created: () => [], updated: () => [], deleted: () => [] }
  return {
    created: (row) => [append('created', row)],
    /** Readers of the old topic see the row deleted, those of the new one see it created. */
    updated: (before, row) =>
      topicOf(before) === topicOf(row) ? [append('updated', row)] : [append('deleted', before), append('created', row)],
    deleted: (before) => [append('deleted', before)],
  }
}

function audienceTopic(name: string, field: string, row: Row): string {
  const part = String(row[field])
  if (!isPartition(part))
    throw invalidField(field, 'invalid_format', 'must have 1 to 100 characters A-Z a-z 0-9 . _ ~ @ -')
  return partitionOf(name, part)
}

/**
 * The topic of a collection, readable by clients who may read all rows that its events are about. A collection whose
 * read rule can't tell has none.
 */
export function topicsOf(collection: AnyCollection): Topic[] {
  const { name, audience, access } = collection
  if (!hasTopic(collection)) return []
  const read = (who: Identity | null, full: string) => {
    const decision = decide(collection, 'read', who)
    return audience === undefined ? decision === 'all' : coversAudience(decision, audience, full.slice(name.length + 1))
  }
  const rule = access?.read ?? 'anyone'
  const known = typeof rule === 'string' && rule !== 'owner' ? rule : read
  return [topic(name, { partitioned: audience !== undefined, access: { read: known } })]
}
