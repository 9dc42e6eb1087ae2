/** All scenarios, by name for the processes that serve them. */
import type { Scenario } from './scenario.ts'
import { bodyTimes } from './scenarios/body-times.ts'
import { connectionCounts } from './scenarios/connection-counts.ts'
import { connectionTimes } from './scenarios/connection-times.ts'
import { failures } from './scenarios/failures.ts'
import { headTimes } from './scenarios/head-times.ts'
import { lifeCycle } from './scenarios/life-cycle.ts'
import { queues, unreadBodies, wholeBodies } from './scenarios/queues.ts'
import { expectations, requestStreams } from './scenarios/request-streams.ts'
import { pipelines, responseBodies } from './scenarios/response-bodies.ts'
import { injections, responseFields } from './scenarios/response-fields.ts'
import { responseStreams } from './scenarios/response-streams.ts'
import { slowClientScenarios } from './scenarios/slow-clients.ts'
import { tlsScenarios } from './scenarios/tls.ts'
import { upgrades } from './scenarios/upgrades.ts'

/** Groups of scenarios by what they are about. */
export const limitScenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'the time of a head': headTimes,
  'the time of a body': bodyTimes,
  'the time of a connection': connectionTimes,
  'the number of connections and requests': connectionCounts,
  'the queue of a body and of a pipeline': queues,
  'an unread body': unreadBodies,
  'a body that is wanted as a whole': wholeBodies,
}

export const streamingScenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'the stream of a request': requestStreams,
  'a client that expects 100 Continue': expectations,
  'the stream of a response': responseStreams,
  'the body of a response': responseBodies,
  'the fields of a response': responseFields,
  'header injection': injections,
  'a pipeline': pipelines,
  'a handler that fails': failures,
}

export const lifeScenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'its life': lifeCycle,
  TLS: tlsScenarios,
  'an upgrade': upgrades,
}

export const scenarios: readonly Scenario[] = [
  ...[limitScenarios, streamingScenarios, lifeScenarios].flatMap((groups) => Object.values(groups).flat()),
  ...slowClientScenarios,
]
