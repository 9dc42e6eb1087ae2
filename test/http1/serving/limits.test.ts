import { afterAll, beforeAll, describe, test } from 'vitest'
import { type Elsewhere, startElsewhere } from './elsewhere.ts'
import { here } from './here.ts'
import { play } from './scenario.ts'
import { sieges } from './scenarios/sieges.ts'
import { limitScenarios } from './scenarios.ts'
import { openWire } from './wire.ts'

describe.each(Object.entries(limitScenarios))('as to %s the server', (_, scenarios) => {
  test.concurrent.each(scenarios)('$says', (scenario) => play(scenario, here, openWire))
})

describe('in a process of its own the server', () => {
  let elsewhere: Elsewhere
  beforeAll(() => {
    elsewhere = startElsewhere('node')
  })
  afterAll(() => elsewhere.end())

  test.each(sieges)('$says', (scenario) => play(scenario, elsewhere, openWire))
})
