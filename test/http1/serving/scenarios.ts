/** All scenarios, for the processes that are told which to serve. */
import type { Scenario } from './scenario.ts'
import { answerBodies, pipelines } from './scenarios/answer-bodies.ts'
import { answerFields, injections } from './scenarios/answer-fields.ts'
import { answerStreams } from './scenarios/answer-streams.ts'
import { bodyTimes } from './scenarios/body-times.ts'
import { connectionTimes } from './scenarios/connection-times.ts'
import { crowds } from './scenarios/crowds.ts'
import { failures } from './scenarios/failures.ts'
import { headTimes } from './scenarios/head-times.ts'
import { lives } from './scenarios/lives.ts'
import { queues, unreadBodies, wholeBodies } from './scenarios/queues.ts'
import { expectations, requestStreams } from './scenarios/request-streams.ts'
import { secrecy } from './scenarios/secrecy.ts'
import { sieges } from './scenarios/sieges.ts'
import { upgrades } from './scenarios/upgrades.ts'

/** Groups of scenarios by what they are about. */
export const limitScenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'the time of a head': headTimes,
  'the time of a body': bodyTimes,
  'the time of a connection': connectionTimes,
  'the number of connections and requests': crowds,
  'the queue of a body and of a pipeline': queues,
  'a body that nobody reads': unreadBodies,
  'a body that is wanted as a whole': wholeBodies,
}

export const streamingScenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'the stream of a request': requestStreams,
  'a client that expects 100 Continue': expectations,
  'the stream of an answer': answerStreams,
  'the body of an answer': answerBodies,
  'the fields of an answer': answerFields,
  'header injection': injections,
  'a pipeline': pipelines,
  'a handler that fails': failures,
}

export const lifeScenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'its life': lives,
  TLS: secrecy,
  'an upgrade': upgrades,
}

export const scenarios: readonly Scenario[] = [
  ...[limitScenarios, streamingScenarios, lifeScenarios].flatMap((groups) => Object.values(groups).flat()),
  ...sieges,
]
