/** The messages that code publishes to declared topics. */
import type { Message, NamedMessage } from './publisher.ts'
import { partitionOf, type Topic } from './topic.ts'

/** A topic, or a collection for its topic. */
export interface DeclaredTopic {
  name: string
}

type DataOf<Data> = undefined extends Data ? { data?: Data } : { data: Data }

/** `partition` is the last part of the name of a partitioned topic, `NAME/PARTITION`. */
type Where<T> =
  T extends Topic<string, infer _, infer P>
    ? P extends true
      ? { partition: string }
      : { partition?: never }
    : { partition?: string }

/** A message to a topic, whose data is as the topic declares it. */
export type MessageTo<T> = Omit<Message, 'data'> &
  Where<T> &
  (T extends Topic<string, infer Data, infer _> ? DataOf<Data> : { data?: unknown })

/** The same, with an id that it is published by once. */
export type NamedMessageTo<T> = MessageTo<T> & Pick<NamedMessage, 'id'>

/** The full name of the topic of a message. */
export function topicOfMessage({ name }: DeclaredTopic, { partition }: { partition?: string | undefined }): string {
  return partition === undefined ? name : partitionOf(name, partition)
}
