/** The true history: every event of every epoch, read from the database file. */
import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'

export interface Happened {
  type: string
  data: unknown
}

const eventsSql = `select "offset", type, data from galley_events where topic = ? and "offset" > ? order by "offset"`

/** Topics whose events lose their data once their row is changed or deleted, before or after it was recorded here. */
const rowTopics = new Set(['todos'])

export class History {
  readonly #epochs = new Map<string, Map<string, Happened[]>>()

  /** Records the events since the last call. Call it before anything is trimmed, restored or replaced. */
  absorb(connection: DatabaseSync, epoch: string): void {
    for (const { topic } of connection.prepare('select distinct topic from galley_events').all()) {
      this.absorbTopic(connection, epoch, String(topic))
    }
  }

  absorbTopic(connection: DatabaseSync, epoch: string, topic: string): void {
    const known = this.of(epoch, topic)
    for (const { offset, type, data } of connection.prepare(eventsSql).all(topic, known.length)) {
      // Events trimmed before this epoch began were recorded in the epoch before.
      while (known.length + 1 < Number(offset)) known.push({ type: '', data: null })
      known.push({ type: String(type), data: type === '' ? null : JSON.parse(String(data)) })
    }
  }

  /** The events of a topic; that with offset 1 stands first. */
  of(epoch: string, topic: string): Happened[] {
    const topics = this.#epochs.get(epoch) ?? new Map<string, Happened[]>()
    this.#epochs.set(epoch, topics)
    const events = topics.get(topic) ?? []
    topics.set(topic, events)
    return events
  }

  /** Fails unless this event is at that offset of the history. */
  expectEvent(epoch: string, topic: string, offset: number, event: Happened): void {
    const known = this.of(epoch, topic)[offset - 1]
    const isBlanked = rowTopics.has(topic) && (event.data === null || known?.data === null)
    const expected = isBlanked && known ? { ...known, data: event.data } : known
    assert.deepEqual(event, expected, `${topic} ${epoch}:${offset} is not what happened`)
  }
}
