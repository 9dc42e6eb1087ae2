/** The part of an app that is live: topics, who follows them, and the sessions that carry messages. */
import { coversAudience, decide, hasTopic } from '../collections/access.ts'
import type { AnyCollection } from '../collections/declaration.ts'
import type { Commit } from '../http/idempotency.ts'
import type { AdmissionControl } from '../limits/admission-control.ts'
import type { Platform } from '../ports/platform.ts'
import type { Peer } from '../request/context.ts'
import type { Identities, Identity } from '../request/identity.ts'
import { createEventStreams } from '../topics/event-stream.ts'
import type { TopicLog } from '../topics/log.ts'
import { createLongPolls } from '../topics/long-poll.ts'
import { createPresence } from '../topics/presence.ts'
import { createTopicCleanup } from '../topics/retention.ts'
import { createTopicRoutes, type TopicRoutes } from '../topics/routes.ts'
import { createTopicRules, type Topic, topic } from '../topics/topic.ts'
import { createTopics } from '../topics/topics.ts'
import { type Connections, createConnections } from './connections.ts'
import type { ConnectionFetch } from './requests.ts'

export interface LiveOptions {
  platform: Platform
  collections: readonly AnyCollection[]
  /** Those that are no collection's. */
  topics: readonly Topic[]
  log: TopicLog
  commit: Commit
  epoch(): string
  fetch: ConnectionFetch
  identities: Identities | null
  admissionControl: AdmissionControl
}

export interface Live {
  /** For `/api/topics`. */
  routes: TopicRoutes
  connections: Connections
  /** Lets go of events that need not be kept. */
  cleanUp(): Promise<void>
  /** Ends polls and streams, whose clients then come back. */
  end(): void
}

export function createLive({
  platform,
  collections,
  topics: own,
  log,
  commit,
  epoch,
  fetch,
  identities,
  admissionControl: gate,
}: LiveOptions): Live {
  const { notifier, random, now, log: output, connections: options } = platform
  const isRevoked = (identity: Identity) => identities?.isRevoked(identity) ?? false
  const all = [...own, ...collections.flatMap(topicOf)]
  const rules = createTopicRules(all)
  const authorize = (name: string, who: Identity | null) => void rules.authorize(name, who)
  const topics = createTopics({ log, notifier: notifier, epoch, authorize, now, isRevoked })
  const streams = createEventStreams(topics, platform.now)
  const polls = createLongPolls(topics)
  const presence = createPresence()
  const problem = (error: unknown) => output.problem({ requestId: '', method: '', path: '', error })
  const identify = identities === null ? undefined : (token: string) => identities.identifyToken(token)
  const sessions = createConnections({
    fetch,
    topics,
    presence,
    random,
    problem,
    now,
    isRevoked,
    admit: (who, peer, units) => admits(gate, who, peer, units),
    keyOf: (who, peer) => gate.keyOf(who, peer),
    ...(identify && { identify }),
    ...options,
  })
  identities?.onRevoke((credentialId) => {
    const endSessions = sessions.revoke(credentialId)
    // In the next turn, so that who signs out by a message has the answer.
    setTimeout(endSessions)
    streams.revoke(credentialId)
    polls.revoke(credentialId)
  })
  platform.metrics.gauge('message_sessions', 'Sessions of messages that are open.', () => sessions.count)
  return {
    routes: createTopicRoutes({ log, rules, topics: all, presence, commit, streams, polls, epoch }),
    connections: sessions,
    cleanUp: createTopicCleanup(log, rules, notifier).cleanUp,
    end() {
      streams.end()
      polls.end()
    },
  }
}

/** What is counted elsewhere is not waited for. */
function admits(gate: AdmissionControl, who: Identity | null, peer: Peer | null, units: number): boolean {
  gate.arrive()
  const verdict = gate.take(who, peer, units)
  return verdict === null || verdict instanceof Promise || verdict.isAllowed
}

/** A collection's topic, which those may read who may read all rows that it tells of. One whose rule can't say so has none. */
function topicOf(collection: AnyCollection): Topic[] {
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
