import { afterAll, beforeAll, describe, test } from 'vitest'
import { sample } from '../../harness/sample.ts'
import { type ChildHost, startChildHost } from './child-process.ts'
import { inProcess } from './in-process.ts'
import { runScenario } from './scenario.ts'
import { slowClientScenarios } from './scenarios/slow-clients.ts'
import { limitScenarios } from './scenarios.ts'
import { openWire } from './wire.ts'

describe.each(Object.entries(limitScenarios))('as to %s the server', (_, scenarios) => {
  test.concurrent.each(scenarios)('$title', (scenario) => runScenario(scenario, inProcess, openWire))
})

describe('in a process of its own the server', () => {
  let childHost: ChildHost
  beforeAll(() => {
    childHost = startChildHost('node')
  })
  afterAll(() => childHost.end())

  test.each(sample(slowClientScenarios, 4))('$title', (scenario) => runScenario(scenario, childHost, openWire))
})
