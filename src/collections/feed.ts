import { invalidField } from '../errors.ts'
import type { Statement } from '../ports/database.ts'
import { adminRole, type Identity } from '../request/identity.ts'
import type { TopicLog } from '../topics/log.ts'
import { createTopic, isPartition, partitionOf, type Topic } from '../topics/topic.ts'
import { coversAudience, decide, hasTopic, ownerField } from './access.ts'
import type { AnyCollection } from './declaration.ts'
import type { Filter } from './filter-query.ts'
import type { SystemFields } from './row-types.ts'

type Writer = Identity | null | undefined
type Row = SystemFields & Readonly<Record<string, unknown>>

/** Builds the statements that record a collection's changes, in the write that makes them. */
export interface Feed {
  /** @param isRestore true for a row that comes back from the trash */
  created(row: Row, writer: Writer, isRestore: boolean): readonly Statement[]
  updated(before: Row, row: Row, writer: Writer): readonly Statement[]
  deleted(before: Row, writer: Writer): readonly Statement[]
}

/** One feed of several. */
export function joinFeeds(feeds: readonly Feed[]): Feed {
  const [only] = feeds
  if (feeds.length === 1 && only !== undefined) return only
  return {
    created: (row, writer, isRestore) => feeds.flatMap((feed) => feed.created(row, writer, isRestore)),
    updated: (before, row, writer) => feeds.flatMap((feed) => feed.updated(before, row, writer)),
    deleted: (before, writer) => feeds.flatMap((feed) => feed.deleted(before, writer)),
  }
}

/** Appends changes to the collection's topic. */
export function createFeed(collection: AnyCollection, topicLog: TopicLog): Feed {
  const { name, audience, keepEventData } = collection
  const topicOf = (row: Row) => (audience === undefined ? name : audienceTopic(name, audience, row))
  const keeps = keepEventData === true

  if (!hasTopic(collection)) return { created: () => [], updated: () => [], deleted: () => [] }

  function append(type: string, row: Row): Statement {
    return topicLog.append(topicOf(row), type, JSON.stringify(row), keeps ? undefined : { row: row.id })
  }

  /** A row that is not what it was leaves no data in the log, unless the collection keeps that of its events. */
  function blank(before: Row): Statement[] {
    return keeps ? [] : [topicLog.blank(topicOf(before), before.id)]
  }

  function deleted(before: Row): Statement[] {
    const data = JSON.stringify(keeps ? before : { id: before.id })
    return [...blank(before), topicLog.append(topicOf(before), 'deleted', data)]
  }

  return {
    created: (row) => [append('created', row)],
    /** Readers of the old topic see the row deleted, those of the new one see it created. */
    updated: (before, row) =>
      topicOf(before) === topicOf(row)
        ? [...blank(before), append('updated', row)]
        : [...deleted(before), append('created', row)],
    deleted,
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
  const rule = access.read
  const known = typeof rule === 'string' && rule !== 'owner' ? rule : read
  return [createTopic(name, { partitioned: audience !== undefined, access: { read: known } })]
}

/** The topic of all changes of a list with these filters; null where there are several. */
export function topicOfList(
  collection: AnyCollection,
  who: Identity | null,
  filters: readonly Filter[],
): string | null {
  const { name, audience } = collection
  const readable = decide(collection, 'read', who)
  if (!hasTopic(collection)) return null
  if (audience === undefined) return readable === 'all' ? name : null
  const [named] = filters.find(({ field, operator }) => field === audience && operator === '$eq')?.values ?? []
  const part = audience === ownerField && who !== null && who.role !== adminRole ? who.userId : named
  const isReadable = typeof part === 'string' && isPartition(part) && coversAudience(readable, audience, part)
  return isReadable ? partitionOf(name, part) : null
}
