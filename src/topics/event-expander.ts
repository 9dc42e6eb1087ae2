import type { Peer } from '../request/context.ts'
import type { Identity } from '../request/identity.ts'
import type { TopicEvent } from './event.ts'

/** A client that reads events. Work for it is charged to its rate limit. */
export interface EventReader {
  identity: Identity | null
  peer: Peer | null
}

/**
 * Makes the events for one reader of a topic. Resolves with the first of those given, one at least, each with the same offset; with
 * null when the reader has too few rate limit units for it, and must wait.
 */
export type ExpandEvents = (events: readonly TopicEvent[]) => Promise<readonly TopicEvent[] | null>

/** Puts rows that the data of events refers to into it. The events themselves are shared by all readers, and stay as they are. */
export interface EventExpander {
  /**
   * Returns null for a reader who wants events as they are.
   * @param expand as in `patient,doctor.clinic`
   * @throws AppError `validation_failed`, also for a topic of no collection
   */
  prepare(topic: string, expand: string | null, reader: EventReader): ExpandEvents | null
}
