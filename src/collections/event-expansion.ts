/**
 * Expands references in the events of a collection's topic, for a reader that asks for it. A batch of events takes one statement for
 * each reference. Rows are those that are stored at that moment, so an event that is read again later may have others. Readers of the
 * same events who see the same rows share the work: it is done once, and its events are serialized once.
 */
import { AppError, invalidField } from '../errors.ts'
import { unitRows } from '../limits/costs.ts'
import type { Peer } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import { TopicEvent } from '../topics/event.ts'
import type { EventExpander, EventReader, ExpandEvents } from '../topics/event-expander.ts'
import { decide } from './access.ts'
import type { AnyCollection } from './declaration.ts'
import type { Expand } from './expand-query.ts'
import type { OperationsOf } from './operations.ts'

/** Events of one batch. */
const eventsMax = 50
/** Characters of the rows in a batch, as many as a batch of the log may have; a single event may have as many as a page of a list. */
const batchLengthMax = 256 * 1024
/** Rate limit units of a statement, which takes some 25 µs; rows are charged beside it. */
const statementUnits = 0.5

export interface EventExpanderOptions {
  collections: readonly AnyCollection[]
  operationsOf: OperationsOf
  /** Takes rate limit units; false when there are too few. */
  takeUnits(who: Identity | null, peer: Peer | null, units: number): boolean
  /** Charges units for work that is done. */
  chargeUnits(who: Identity | null, peer: Peer | null, units: number): void
}

export function createEventExpander({
  collections,
  operationsOf,
  takeUnits,
  chargeUnits,
}: EventExpanderOptions): EventExpander {
  const byName = new Map(collections.map((each) => [each.name, each]))
  const shared = new SharedWork()

  function prepare(topic: string, text: string | null, { identity, peer }: EventReader): ExpandEvents | null {
    if (text === null) return null
    const collection = byName.get(topic.split('/', 1)[0] ?? '')
    if (collection === undefined) throw invalidField('expand', 'not_a_reference', 'is for the topics of collections')
    const operations = operationsOf(collection)
    const expand = operations.parseExpand(text)
    const statements = countOf(expand)
    let batch = eventsMax

    async function expandBatch(events: readonly TopicEvent[], lengthMax?: number): Promise<readonly TopicEvent[]> {
      const rows = events.map(({ json }) => JSON.parse(json) as unknown)
      const expandable = rows.filter((row) => typeof row === 'object' && row !== null)
      const onLookUp = (count: number) => chargeUnits(identity, peer, count / unitRows)
      await operations.expand(expandable, expand, identity, { lengthMax, onLookUp })
      return events.map((event, at) => withData(event, rows[at]))
    }

    /** Halves a batch whose rows are too long. An event that alone is too long stays as it is. */
    async function expandFirst(events: readonly TopicEvent[]): Promise<readonly TopicEvent[]> {
      for (let count = events.length; ; count = Math.ceil(count / 2)) {
        const first = events.slice(0, count)
        try {
          const expanded = await expandBatch(first, count === 1 ? undefined : batchLengthMax)
          batch = Math.min(2 * count, eventsMax)
          return expanded
        } catch (error) {
          if (!isTooLong(error)) throw error
          if (count === 1) return first
        }
      }
    }

    return async (events) => {
      const first = events.slice(0, batch)
      const view = `${text} ${viewOf(expand, identity)}`
      return shared.run(first, view, () => {
        return takeUnits(identity, peer, statements * statementUnits) ? expandFirst(first) : null
      })
    }
  }

  return { prepare }
}

type Expanded = Promise<readonly TopicEvent[]>

/** The batches that are being expanded, by their first event, their length and what their readers may see. */
class SharedWork {
  readonly #running = new Map<TopicEvent, Map<string, Expanded>>()

  async run(
    events: readonly TopicEvent[],
    view: string,
    expand: () => Expanded | null,
  ): Promise<readonly TopicEvent[] | null> {
    const [first] = events
    if (first === undefined) return events
    const key = `${events.length} ${view}`
    const known = this.#running.get(first) ?? new Map<string, Expanded>()
    const running = known.get(key)
    if (running !== undefined) return running
    const started = expand()
    if (started === null) return null
    this.#running.set(first, known.set(key, started))
    try {
      return await started
    } finally {
      // Not kept: the rows and the rules may change.
      known.delete(key)
      if (known.size === 0) this.#running.delete(first)
    }
  }
}

/** Equal for readers who may read the same rows of all targets. */
function viewOf(expand: readonly Expand[], who: Identity | null): string {
  return JSON.stringify(expand.map(({ target, below }) => [decide(target, 'read', who), viewOf(below, who)]))
}

function countOf(expand: readonly Expand[]): number {
  return expand.reduce((count, { below }) => count + 1 + countOf(below), 0)
}

function withData(event: TopicEvent, data: unknown): TopicEvent {
  const isExpanded = typeof data === 'object' && data !== null && 'expand' in data
  if (!isExpanded) return event
  const { topic, offset, type, atMs } = event
  return new TopicEvent(topic, offset, type, atMs, JSON.stringify(data))
}

function isTooLong(error: unknown): boolean {
  return error instanceof AppError && error.details.some(({ field, code }) => field === 'expand' && code === 'too_long')
}
