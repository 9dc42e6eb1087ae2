import type { Notifier } from '../ports/notifier.ts'
import type { TopicLog } from './log.ts'
import type { TopicRules } from './topic.ts'

/** A topic is trimmed when it has grown by so many events, and with all others when the server tidies. */
const trimEveryEvents = 256

export interface TopicCleanup {
  /** Lets go of all events that need not be kept, topic by topic. */
  cleanUp(): Promise<void>
}

/** Keeps topics within their bounds, beside what is served. */
export function createTopicCleanup(log: TopicLog, rules: TopicRules, notifier: Notifier): TopicCleanup {
  const growing = new Set<string>()

  async function trim(topic: string): Promise<void> {
    const retention = rules.retentionOf(topic)
    if (retention === null || growing.has(topic)) return
    growing.add(topic)
    try {
      await log.trim(topic, retention)
    } finally {
      growing.delete(topic)
    }
  }

  notifier.listen((topic, offset) => {
    // What fails now, as on a full disk, is tried again later.
    if (offset % trimEveryEvents === 0) trim(topic).catch(() => {})
  })

  return {
    async cleanUp() {
      for (let name = await log.topicAfter(''); name !== null; name = await log.topicAfter(name)) await trim(name)
    },
  }
}
