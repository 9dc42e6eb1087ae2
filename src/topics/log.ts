/**
 * The log of all topics, in one table. The statement that stores an event takes the next offset, so offsets have no gaps and an
 * event exists if and only if its write does. The newest event of a topic is never deleted but only emptied, because the next
 * offset follows from it.
 */

import { runAll } from '../database/steps.ts'
import { andThen, type SqlRow, type Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { ByteCounts } from './byte-counts.ts'
import { TopicEvent } from './event.ts'

/** The type of an emptied event, and of no other. */
const trimmedType = ''
/** Events of one read: enough to be worth a statement, few enough to keep in memory. */
const batchEventsMax = 256
/** Characters of data after which a read ends; it returns one event at least. */
const batchLengthMax = 256 * 1024
/** Data of one topic; far more than ten thousand usual events have. */
const topicBytesMax = 64 * 1024 * 1024
/** Events of one write, so that other writes get their turn. */
const trimEventsMax = 1000

/** The limits of a topic's log. */
export interface Retention {
  events: number
  ageMs: number
}

/** Events after an offset without a gap, or `trimmed` when the next one was deleted. */
export type Batch = { readonly events: readonly TopicEvent[] } | 'trimmed'

/** The name of a message that a client published: unique in a topic for each publisher. */
export interface MessageName {
  publisher: string
  messageId: string
}

/** The row whose data an event has, so that it can be blanked later; or the name of a published message. */
export type EventSubject = { row: string } | MessageName

export interface TopicLog {
  /**
   * Returns the statement that appends an event, for the write that the event describes. `json` is its data.
   * It returns the `offset`, or no row for a repeated message, and notifies followers once it is durable.
   */
  append(topic: string, type: string, json: string, about?: EventSubject): Statement
  /** Returns the statement that finds the `offset`, `type` and `data` of a message. */
  find(topic: string, message: MessageName): Statement
  /** Returns the statement that replaces the data of all earlier events of a row by null. Their offsets and types stay. */
  blank(topic: string, row: string): Statement
  /** Calls the listener when events of a topic were blanked, before the write that did it resolves. */
  onBlank(listener: (topic: string) => void): void
  /** Returns the offset of the newest event, 0 for none. It is no promise where the database returns none. */
  newest(topic: string): number | Promise<number>
  /** Returns the offset of the newest event, 0 for none, and of the oldest that can be read, one more than the newest for none. */
  range(topic: string): Promise<{ oldest: number; newest: number }>
  read(topic: string, after: number, limit?: number): Promise<Batch>
  /** Deletes events beyond the limits. */
  trim(topic: string, retention: Retention): Promise<void>
  /** Returns the next topic by name, null at the end. */
  topicAfter(topic: string): Promise<string | null>
}

export function createTopicLog({ database, now, notifier }: Pick<Platform, 'database' | 'now' | 'notifier'>): TopicLog {
  async function first(sql: string, ...parameters: Statement['parameters']): Promise<SqlRow | undefined> {
    return (await database.read({ sql, parameters }))[0]
  }

  /** Returns the offset up to which events may be deleted. */
  async function trimmable(topic: string, { events, ageMs }: Retention): Promise<number> {
    const row = await first(trimmableSql, topic, topic, now() - ageMs)
    const newest = Number(row?.newest ?? 0)
    const isTooLong = await byteCounts.mayExceed(topic, topicBytesMax, () => bytesOf(topic))
    const tooLong = isTooLong ? await first(tooLongSql, topic, topicBytesMax) : undefined
    const young = row?.fresh === null ? newest : Number(row?.fresh ?? 1) - 1
    return Math.max(newest - events, young, Number(tooLong?.offset ?? 0))
  }

  async function bytesOf(topic: string): Promise<number> {
    return Number((await first(bytesSql, topic))?.bytes ?? 0)
  }

  const byteCounts = new ByteCounts()
  const blankListeners = new Set<(topic: string) => void>()

  return {
    append(topic, type, json, about) {
      const parameters = [topic, topic, type, now(), json]
      const afterCommit = ([row]: readonly SqlRow[]) => {
        if (!row) return
        byteCounts.add(topic, json)
        notifier.notify(topic, Number(row.offset))
      }
      if (about === undefined) return { sql: appendSql, parameters, afterCommit }
      if ('row' in about) return { sql: appendRowSql, parameters: [...parameters, about.row], afterCommit }
      const { publisher, messageId } = about
      return { sql: appendOnceSql, parameters: [...parameters, publisher, messageId], afterCommit }
    },
    find: (topic, { publisher, messageId }) => ({ sql: findSql, parameters: [topic, publisher, messageId] }),
    blank: (topic, row) => ({
      sql: blankSql,
      parameters: [topic, row],
      afterCommit() {
        for (const listener of blankListeners) listener(topic)
      },
    }),
    onBlank: (listener) => void blankListeners.add(listener),
    newest: (topic) =>
      andThen(database.read({ sql: newestSql, parameters: [topic] }), ([row]) => Number(row?.newest ?? 0)),
    async range(topic) {
      const row = await first(rangeSql, topic, topic)
      const newest = Number(row?.newest ?? 0)
      return { newest, oldest: Number(row?.oldest ?? newest + 1) }
    },
    async read(topic, after, limit = batchEventsMax) {
      const parameters = [topic, after, Math.min(limit, batchEventsMax), batchLengthMax]
      const rows = await database.read({ sql: readSql, parameters })
      const [first] = rows
      if (first && (Number(first.offset) !== after + 1 || first.type === trimmedType)) return 'trimmed'
      return { events: rows.filter(({ type }) => type !== trimmedType).map((row) => eventOf(topic, row)) }
    },
    async trim(topic, retention) {
      const until = await trimmable(topic, retention)
      for (let gone = trimEventsMax; gone === trimEventsMax; ) {
        const statements = [
          { sql: trimSql, parameters: [topic, until, topic, topic, trimEventsMax] },
          { sql: emptySql, parameters: [topic, until, topic] },
        ]
        const [rows] = await database.write(() => runAll(...statements))
        gone = rows?.length ?? 0
      }
    },
    async topicAfter(topic) {
      const row = await first('select min(topic) as topic from galley_events where topic > ?', topic)
      return row?.topic === null || row === undefined ? null : String(row.topic)
    },
  }
}

function eventOf(topic: string, { offset, type, at, data }: SqlRow): TopicEvent {
  return new TopicEvent(topic, Number(offset), String(type), Number(at), String(data))
}

const nextOffset = '(select coalesce(max("offset"), 0) + 1 from galley_events where topic = ?)'
const returning = 'returning "offset"'
const appendSql = `insert into galley_events (topic, "offset", type, at, data) values (?, ${nextOffset}, ?, ?, ?) ${returning}`
const appendRowSql = `insert into galley_events (topic, "offset", type, at, data, row) values (?, ${nextOffset}, ?, ?, ?, ?) ${returning}`
const appendOnceSql = `insert into galley_events (topic, "offset", type, at, data, publisher, messageId)
  values (?, ${nextOffset}, ?, ?, ?, ?, ?)
  on conflict (topic, publisher, messageId) where messageId is not null do nothing ${returning}`
const findSql = 'select "offset", type, data from galley_events where topic = ? and publisher = ? and messageId = ?'
/** An event that was blanked leaves the index, so there is one at most to blank. SQLite would search the whole topic by itself. */
const blankSql = `update galley_events indexed by galley_events_row set data = 'null', row = null where topic = ? and row = ?`
const newestSql = 'select max("offset") as newest from galley_events where topic = ?'
const rangeSql = `select (select max("offset") from galley_events where topic = ?) as newest,
  (select "offset" from galley_events where topic = ? and type <> '${trimmedType}' order by "offset" limit 1) as oldest`
const readSql = `select "offset", type, at, data from (
  select "offset", type, at, data,
    sum(length(data)) over (order by "offset" rows between unbounded preceding and 1 preceding) as before
  from galley_events where topic = ? and "offset" > ? order by "offset" limit ?
) where before is null or before < ?`
/** Finds the newest event, and the oldest that is young enough to be kept. */
const trimmableSql = `select (select max("offset") from galley_events where topic = ?) as newest,
  (select "offset" from galley_events where topic = ? and at >= ? order by "offset" limit 1) as fresh`
const bytesSql = 'select sum(octet_length(data)) as bytes from galley_events where topic = ?'
/** Finds the newest event that is followed by too many bytes. */
const tooLongSql = `select max("offset") as "offset" from (
  select "offset", sum(octet_length(data)) over (order by "offset" desc) as bytes from galley_events where topic = ?
) where bytes > ?`
/** Deletes events up to an offset, the oldest first, and never the newest. */
const trimSql = `delete from galley_events where topic = ? and "offset" <= ?
  and "offset" < (select max("offset") from galley_events where topic = ?)
  and "offset" < (select min("offset") from galley_events where topic = ?) + ? returning 1 as gone`
/** Empties the newest event, once it is the only one. */
const emptySql = `update galley_events set type = '${trimmedType}', data = '', messageId = null, row = null
  where topic = ? and "offset" <= ? and type <> '${trimmedType}'
    and 1 = (select count(*) from (select 1 from galley_events where topic = ? limit 2))`
