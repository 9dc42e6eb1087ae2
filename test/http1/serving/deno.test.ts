/** The scenarios once more, with the server on Deno. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sample } from '../../harness/sample.ts'
import { type ChildHost, startChildHost } from './child-process.ts'
import { runScenario, type Scenario } from './scenario.ts'
import { slowClientScenarios } from './scenarios/slow-clients.ts'
import { lifeScenarios, limitScenarios, scenarios, streamingScenarios } from './scenarios.ts'
import { openWire } from './wire.ts'

const groups: Readonly<Record<string, readonly Scenario[]>> = {
  ...limitScenarios,
  ...streamingScenarios,
  ...lifeScenarios,
}

describe('on Deno', () => {
  let deno: ChildHost
  beforeAll(() => {
    deno = startChildHost('deno')
  })
  afterAll(() => deno.end())

  describe.each(Object.entries(groups))('as to %s the server', (_, group) => {
    test.concurrent.each(sample(group, 6))('$title', (scenario) => runScenario(scenario, deno, openWire))
  })

  test.each(sample(slowClientScenarios, 2))('the server $title', (scenario) => runScenario(scenario, deno, openWire))

  test('no error was left to the process', () => {
    expect(deno.process.exitCode).toBe(null)
  })
})

test('no two scenarios have one name', () => {
  expect(new Set(scenarios.map(({ title }) => title)).size).toBe(scenarios.length)
})
