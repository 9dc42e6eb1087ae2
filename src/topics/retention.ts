import type { Background } from '../database/cleanup.ts'
import type { Notifier } from '../ports/notifier.ts'
import type { TopicLog } from './log.ts'
import type { TopicRules } from './topic.ts'

/** A topic is trimmed each time it has grown by this many events, and at each cleanup. */
const trimEveryEvents = 256

/** Trims topics in the background. Returns the function that deletes events beyond the retention, topic by topic. */
export function createTopicCleanup(
  log: TopicLog,
  rules: TopicRules,
  notifier: Notifier,
): (background: Background) => Promise<void> {
  const trimming = new Set<string>()

  async function trim(topic: string): Promise<void> {
    const retention = rules.retentionOf(topic)
    if (retention === null || trimming.has(topic)) return
    trimming.add(topic)
    try {
      await log.trim(topic, retention)
    } finally {
      trimming.delete(topic)
    }
  }

  notifier.listen((topic, offset) => {
    // After a failure, as on a full disk, the next trim or cleanup tries again.
    if (offset % trimEveryEvents === 0) trim(topic).catch(() => {})
  })

  return async (background) => {
    let name = await log.topicAfter('')
    await background.repeat(async () => {
      if (name === null) return false
      await trim(name)
      name = await log.topicAfter(name)
      return name !== null
    })
  }
}
