import { describe, test } from 'vitest'
import { here } from './here.ts'
import { play } from './scenario.ts'
import { streamingScenarios } from './scenarios.ts'
import { openWire } from './wire.ts'

describe.each(Object.entries(streamingScenarios))('as to %s the server', (_, scenarios) => {
  test.concurrent.each(scenarios)('$says', (scenario) => play(scenario, here, openWire))
})
