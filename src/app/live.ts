/** The live part of an app: topics, their followers, and message connections. */
import type { AnyCollection } from '../collections/declaration.ts'
import { createEventExpander } from '../collections/event-expansion.ts'
import type { OperationsOf } from '../collections/operations.ts'
import { type Connections, createConnections } from '../connections/connections.ts'
import type { ConnectionServices } from '../connections/host.ts'
import type { Background } from '../database/cleanup.ts'
import type { Commit } from '../http/commit.ts'
import type { AdmissionControl } from '../limits/admission-control.ts'
import type { IncompleteBytes } from '../limits/incomplete-bytes.ts'
import type { Platform } from '../ports/platform.ts'
import type { Peer } from '../request/context.ts'
import type { Identities, Identity } from '../request/identity.ts'
import { AccessSweep, oncePerTurn } from '../topics/access-sweep.ts'
import { createEventStreams } from '../topics/event-stream.ts'
import type { TopicLog } from '../topics/log.ts'
import { createLongPolls } from '../topics/long-poll.ts'
import { createPresence } from '../topics/presence.ts'
import type { Publisher } from '../topics/publisher.ts'
import { createTopicCleanup } from '../topics/retention.ts'
import { createTopicRoutes, type TopicRoutes } from '../topics/routes.ts'
import type { Topic, TopicRules } from '../topics/topic.ts'
import { createTopics } from '../topics/topics.ts'

export interface LiveOptions {
  platform: Platform
  collections: readonly AnyCollection[]
  operationsOf: OperationsOf
  /** Those of the collections, too. */
  topics: readonly Topic[]
  rules: TopicRules
  publisher: Publisher
  topicLog: TopicLog
  commit: Commit
  epoch(): string
  fetch: ConnectionServices['fetch']
  identities: Identities | null
  admissionControl: AdmissionControl
  /** Of messages, and of the bodies of requests. */
  incompleteBytes: IncompleteBytes
}

export interface Live {
  /** For `/api/topics`. */
  routes: TopicRoutes
  connections: Connections
  /** Deletes events beyond the retention of their topics. */
  cleanUp(background: Background): Promise<void>
  /** Ends the subscriptions and memberships that a rule no longer allows. */
  checkAccess(): void
  /** Ends polls and streams; their clients come back. */
  end(): void
}

export function createLive({
  platform,
  collections,
  operationsOf,
  topics: all,
  rules,
  publisher,
  topicLog: log,
  commit,
  epoch,
  fetch,
  identities,
  admissionControl,
  incompleteBytes,
}: LiveOptions): Live {
  const { notifier, random, now, connections: options } = platform
  const isRevoked = (identity: Identity) => identities?.isRevoked(identity) ?? false
  const authorize = oncePerTurn((name, who) => void rules.authorize(name, who))
  // A server that hibernates has no timers.
  const sweep = options?.heartbeatMs === null ? new AccessSweep(null) : new AccessSweep()
  const expander = createEventExpander({
    collections,
    operationsOf,
    takeUnits: (who, peer, units) => takeUnits(admissionControl, who, peer, units),
    chargeUnits: (who, peer, units) => admissionControl.charge(who, peer, units),
  })
  const topics = createTopics({ log, notifier, epoch, authorize, sweep, now, isRevoked, expander })
  const streams = createEventStreams(topics, now)
  const polls = createLongPolls(topics)
  const presence = createPresence({ authorize, sweep })
  const problem = (error: unknown) => platform.log.problem({ error })
  const identify = identities === null ? undefined : (token: string) => identities.identifyToken(token)
  const connections = createConnections({
    fetch,
    topics,
    presence,
    random,
    problem,
    now,
    isRevoked,
    incompleteBytes,
    takeUnits: (who, peer, units) => takeUnits(admissionControl, who, peer, units),
    keysOf: (who, peer) => admissionControl.keysOf(who, peer),
    ...(identify && { identify }),
    ...options,
  })
  identities?.onRevoke((credentialId) => {
    const close = connections.revoke(credentialId)
    // In the next turn, so that the response to a sign-out over the connection still goes out.
    setTimeout(close)
    streams.revoke(credentialId)
    polls.revoke(credentialId)
  })
  platform.metrics.gauge('message_connections', 'Open message connections.', () => connections.count)
  return {
    routes: createTopicRoutes({ publisher, rules, topics: all, presence, commit, streams, polls, epoch }),
    connections,
    cleanUp: createTopicCleanup(log, rules, notifier),
    checkAccess: () => sweep.run(),
    end() {
      streams.end()
      polls.end()
    },
  }
}

/** Does not wait for an asynchronous decision. */
function takeUnits(control: AdmissionControl, who: Identity | null, peer: Peer | null, units: number): boolean {
  control.arrive()
  const decision = control.take(who, peer, units)
  return decision === null || decision instanceof Promise || decision.isAllowed
}
