import { invalidField } from '../errors.ts'
import type { SqlRow, Statement, Step } from '../ports/database.ts'
import type { TopicLog } from '../topics/log.ts'
import { isPartition, partitionOf } from '../topics/topic.ts'
import { hasTopic } from './access.ts'
import type { AnyCollection } from './collection.ts'

type Row = Readonly<Record<string, unknown>>

/** The steps that tell a collection's topic of a change, in the write that makes it. */
interface Feed {
  created(row: Row): readonly Step[]
  /** After the statements that returned the row before and after the change. */
  updated: readonly Step[]
  /** After the statement that returned the row that is gone. */
  deleted: readonly Step[]
}

const nothing: Statement = { sql: 'select 1 where false', parameters: [] }

export function createFeed(collection: AnyCollection, log: TopicLog, decode: (stored: SqlRow) => Row): Feed {
  const { name, audience } = collection
  const topicOf = (row: Row) => (audience === undefined ? name : audienceTopic(name, audience, row))
  const append = (type: string, row: Row) => log.append(topicOf(row), type, JSON.stringify(row))
  const row = (rows: readonly SqlRow[] | undefined) => decode(rows?.[0] as SqlRow)

  /** Who saw the row and does not any more sees it go; who sees it now sees it come. */
  const moved: Step[] = [
    (earlier) => {
      const before = row(earlier.at(-2))
      const after = row(earlier.at(-1))
      return topicOf(before) === topicOf(after) ? append('updated', after) : append('deleted', before)
    },
    (earlier) => {
      const before = row(earlier.at(-3))
      const after = row(earlier.at(-2))
      return topicOf(before) === topicOf(after) ? nothing : append('created', after)
    },
  ]

  if (!hasTopic(collection)) return { created: () => [], updated: [], deleted: [] }
  return {
    created: (fresh) => [append('created', fresh)],
    updated: audience === undefined ? [(earlier) => append('updated', row(earlier.at(-1)))] : moved,
    deleted: [(earlier) => append('deleted', row(earlier.at(-1)))],
  }
}

function audienceTopic(name: string, field: string, row: Row): string {
  const part = String(row[field])
  if (!isPartition(part))
    throw invalidField(field, 'invalid_format', 'must have 1 to 100 characters A-Z a-z 0-9 . _ ~ @ -')
  return partitionOf(name, part)
}
