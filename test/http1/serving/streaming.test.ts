import { describe, test } from 'vitest'
import { inProcess } from './in-process.ts'
import { runScenario } from './scenario.ts'
import { streamingScenarios } from './scenarios.ts'
import { openWire } from './wire.ts'

describe.each(Object.entries(streamingScenarios))('as to %s the server', (_, scenarios) => {
  test.concurrent.each(scenarios)('$title', (scenario) => runScenario(scenario, inProcess, openWire))
})
