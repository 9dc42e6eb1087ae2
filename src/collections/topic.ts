import type { Identity } from '../request/identity.ts'
import { type Topic, topic } from '../topics/topic.ts'
import { coversAudience, decide, hasTopic } from './access.ts'
import type { AnyCollection } from './declaration.ts'

/**
 * The topic of a collection, readable by clients who may read all rows that its events are about. A collection whose
 * read rule cannot tell has none.
 */
export function topicOf(collection: AnyCollection): Topic[] {
  const { name, audience, access } = collection
  if (!hasTopic(collection)) return []
  const read = (who: Identity | null, full: string) => {
    const decision = decide(collection, 'read', who)
    return audience === undefined ? decision === 'all' : coversAudience(decision, audience, full.slice(name.length + 1))
  }
  const rule = access?.read ?? 'anyone'
  return [
    topic(name, {
      partitioned: audience !== undefined,
      access: { read: typeof rule === 'string' && rule !== 'owner' ? rule : read },
    }),
  ]
}
