/** The part of an app that is live: topics, who follows them, and the sessions that carry messages. */
import type { Hono } from 'hono'
import type { AnyCollection } from './collections/collection.ts'
import type { Env, Peer } from './context.ts'
import { createSessions, type Sessions } from './messages/sessions.ts'
import type { Commit } from './middleware/idempotency.ts'
import type { Platform } from './platform.ts'
import { createEventStreams } from './topics/event-stream.ts'
import { createHousekeeping } from './topics/housekeeping.ts'
import type { TopicLog } from './topics/log.ts'
import { createLongPolls } from './topics/long-poll.ts'
import { createPresence } from './topics/presence.ts'
import { createTopicRoutes } from './topics/routes.ts'
import { createTopicRules, type Topic, topic } from './topics/topic.ts'
import { createTopics } from './topics/topics.ts'

export interface LiveOptions {
  platform: Platform
  collections: readonly AnyCollection[]
  /** Those that are no collection's. */
  topics: readonly Topic[]
  log: TopicLog
  commit: Commit
  epoch(): string
  fetch(request: Request, peer: Peer | null): Response | Promise<Response>
}

export interface Live {
  /** To be mounted at `/api/topics`. */
  routes: Hono<Env>
  /** Every topic that there is. */
  topics: readonly Topic[]
  sessions: Sessions
  /** Lets go of events that need not be kept. */
  tidy(): Promise<void>
  /** Ends polls and streams, whose clients then come back. */
  end(): void
}

export function createLive({ platform, collections, topics: own, log, commit, epoch, fetch }: LiveOptions): Live {
  const { bus, random, log: output, sessions: options } = platform
  const all = [...own, ...collections.map(({ name, audience }) => topic(name, { parted: audience !== undefined }))]
  const rules = createTopicRules(all)
  const authorize = (name: string, principal: string) => void rules.authorize(name, principal)
  const topics = createTopics({ log, bus, epoch, authorize })
  const streams = createEventStreams(topics)
  const polls = createLongPolls(topics)
  const presence = createPresence()
  const problem = (error: unknown) => output.problem({ requestId: '', method: '', path: '', error })
  return {
    routes: createTopicRoutes({ log, rules, presence, commit, streams, polls, epoch }),
    topics: all,
    sessions: createSessions({ fetch, topics, presence, random, problem, ...options }),
    tidy: createHousekeeping(log, rules, bus).tidy,
    end() {
      streams.end()
      polls.end()
    },
  }
}
