/**
 * The log of all topics, in one table. An event's offset is one more than the newest one's, taken by
 * the statement that stores it, so that offsets have no holes and the event exists if and only if the
 * write does that it rides in. The newest event of a topic is never deleted but only emptied, since
 * the next offset follows from it.
 */

import { runAll } from '../database/steps.ts'
import type { SqlRow, Statement } from '../ports/database.ts'
import type { Platform } from '../ports/platform.ts'
import { TopicEvent } from './event.ts'

/** What an emptied event is called; no other is. */
const trimmedType = ''
/** In one read: enough to pay for it, and little enough to hold. */
const batchEventsMax = 256
/** The data of one read ends after so many characters, but has one event at least. */
const batchLengthMax = 256 * 1024
/** Data of one topic; far above ten thousand usual events. */
const topicBytesMax = 64 * 1024 * 1024
/** In one write, so that others get their turn between. */
const trimEventsMax = 1000

/** How much of a topic is kept. */
export interface Retention {
  events: number
  ageMs: number
}

/** What lies after an offset: events without a hole, or the news that the next one is gone. */
export type Batch = { readonly events: readonly TopicEvent[] } | 'trimmed'

export interface TopicLog {
  /**
   * The statement that appends an event, to be run in the write that it tells of. `json` is its data.
   * It returns the `offset`, and notifies followers once it is durable; where a message id repeats it returns nothing.
   */
  append(topic: string, type: string, json: string, messageId?: string): Statement
  /** The statement that finds what has a message id: its `offset`. */
  find(topic: string, messageId: string): Statement
  /** The offset of the newest event, 0 when there was none. At once where the database answers at once. */
  newest(topic: string): number | Promise<number>
  /** The offset of the newest event, 0 when there was none, and of the oldest that can be read, one more when there is none. */
  range(topic: string): Promise<{ oldest: number; newest: number }>
  read(topic: string, after: number, limit?: number): Promise<Batch>
  /** Lets go of what need not be kept. */
  trim(topic: string, retention: Retention): Promise<void>
  /** The first topic after this one by name, null at the end. */
  topicAfter(topic: string): Promise<string | null>
}

export function createTopicLog({ database, now, notifier }: Pick<Platform, 'database' | 'now' | 'notifier'>): TopicLog {
  async function first(sql: string, ...parameters: Statement['parameters']): Promise<SqlRow | undefined> {
    return (await database.read({ sql, parameters }))[0]
  }

  /** Everything up to this offset may go. */
  async function trimmable(topic: string, { events, ageMs }: Retention): Promise<number> {
    const row = await first(trimmableSql, topic, topic, now() - ageMs, topic)
    const newest = Number(row?.newest ?? 0)
    const tooLong = Number(row?.bytes ?? 0) > topicBytesMax ? await first(tooLongSql, topic, topicBytesMax) : undefined
    const young = row?.fresh === null ? newest : Number(row?.fresh ?? 1) - 1
    return Math.max(newest - events, young, Number(tooLong?.offset ?? 0))
  }

  return {
    append(topic, type, json, messageId) {
      const parameters = [topic, topic, type, now(), json]
      const afterCommit = ([row]: readonly SqlRow[]) => {
        if (row) notifier.notify(topic, Number(row.offset))
      }
      if (messageId === undefined) return { sql: appendSql, parameters, afterCommit }
      return { sql: appendOnceSql, parameters: [...parameters, messageId], afterCommit }
    },
    find: (topic, messageId) => ({ sql: findSql, parameters: [topic, messageId] }),
    newest(topic) {
      const rows = database.read({ sql: newestSql, parameters: [topic] })
      return rows instanceof Promise ? rows.then(newestIn) : newestIn(rows)
    },
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
          { sql: trimSql, parameters: [topic, topic, topic, until, trimEventsMax] },
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

function newestIn([row]: readonly SqlRow[]): number {
  return Number(row?.newest ?? 0)
}

function eventOf(topic: string, { offset, type, at, data }: SqlRow): TopicEvent {
  return new TopicEvent(topic, Number(offset), String(type), Number(at), String(data))
}

const nextOffset = '(select coalesce(max("offset"), 0) + 1 from galley_events where topic = ?)'
const returning = 'returning "offset"'
const appendSql = `insert into galley_events (topic, "offset", type, at, data) values (?, ${nextOffset}, ?, ?, ?) ${returning}`
const appendOnceSql = `insert into galley_events (topic, "offset", type, at, data, messageId) values (?, ${nextOffset}, ?, ?, ?, ?)
  on conflict (topic, messageId) where messageId is not null do nothing ${returning}`
const findSql = 'select "offset" from galley_events where topic = ? and messageId = ?'
const newestSql = 'select max("offset") as newest from galley_events where topic = ?'
const rangeSql = `select (select max("offset") from galley_events where topic = ?) as newest,
  (select "offset" from galley_events where topic = ? and type <> '${trimmedType}' order by "offset" limit 1) as oldest`
const readSql = `select "offset", type, at, data from (
  select "offset", type, at, data,
    sum(length(data)) over (order by "offset" rows between unbounded preceding and 1 preceding) as before
  from galley_events where topic = ? and "offset" > ? order by "offset" limit ?
) where before is null or before < ?`
/** The newest, and the oldest that is young enough to stay; found from the old end, where the others are about to go. */
const trimmableSql = `select (select max("offset") from galley_events where topic = ?) as newest,
  (select "offset" from galley_events where topic = ? and at >= ? order by "offset" limit 1) as fresh,
  (select sum(octet_length(data)) from galley_events where topic = ?) as bytes`
/** The newest of those that lie behind too many bytes. */
const tooLongSql = `select max("offset") as "offset" from (
  select "offset", sum(octet_length(data)) over (order by "offset" desc) as bytes from galley_events where topic = ?
) where bytes > ?`
const trimSql = `delete from galley_events where topic = ? and "offset" in (
  select "offset" from galley_events where topic = ? and "offset" < (select max("offset") from galley_events where topic = ?)
    and "offset" <= ? order by "offset" limit ?
) returning 1 as gone`
/** Only once it is alone. */
const emptySql = `update galley_events set type = '${trimmedType}', data = '', messageId = null
  where topic = ? and "offset" <= ? and type <> '${trimmedType}'
    and 1 = (select count(*) from (select 1 from galley_events where topic = ? limit 2))`
