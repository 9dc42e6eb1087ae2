import type { TopicEvent } from './event.ts'
import type { Batch, TopicLog } from './log.ts'

/** Topics whose last batch is cached; a few hundred kilobytes each at most. */
const topicsMax = 64

/**
 * Reads the log and caches the last batch of each topic: when many clients reconnect at once with old positions, their
 * events are read and serialized once.
 */
export function createRecentReads(log: TopicLog): (topic: string, after: number) => Promise<Batch> | Batch {
  const recent = new Map<string, readonly TopicEvent[]>()

  function find(topic: string, after: number): readonly TopicEvent[] | null {
    const events = recent.get(topic)
    const skipped = after + 1 - (events?.[0]?.offset ?? Number.POSITIVE_INFINITY)
    if (events === undefined || skipped < 0 || skipped >= events.length) return null
    return skipped === 0 ? events : events.slice(skipped)
  }

  function cache(topic: string, events: readonly TopicEvent[]): void {
    recent.delete(topic)
    recent.set(topic, events)
    const [oldest] = recent.keys()
    if (recent.size > topicsMax && oldest !== undefined) recent.delete(oldest)
  }

  /** Changes when something was blanked, perhaps in a batch that is being read. */
  let blanks = 0
  log.onBlank((topic) => {
    blanks += 1
    recent.delete(topic)
  })

  async function readAndCache(topic: string, after: number): Promise<Batch> {
    const before = blanks
    const batch = await log.read(topic, after)
    if (blanks === before && batch !== 'trimmed' && batch.events.length > 0) cache(topic, batch.events)
    return batch
  }

  return (topic, after) => {
    const events = find(topic, after)
    return events === null ? readAndCache(topic, after) : { events }
  }
}
