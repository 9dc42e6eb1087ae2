import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { root } from '../harness/server.ts'
import { acceptedDifferences, type Runtime, whyAccepted } from './light/accepted-differences.ts'
import { type Observation, observe } from './light/observe.ts'
import { lightCases } from './light-cases.ts'

async function observeOnDeno(): Promise<Observation[]> {
  const deno = join(root, 'node_modules/.bin/deno')
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(deno, ['run', '-A', 'test/http1/run-light-on-deno.ts'], options)
  const lines = stdout.trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Observation)
}

/** The globals of this file's own process change for good. */
const runtimes: readonly [Runtime, () => Promise<Observation[]>][] = [
  ['Node', () => observe(lightCases)],
  ['Deno', observeOnDeno],
]

describe.each(runtimes)('light objects on %s', (runtime, observeThere) => {
  let seen: Map<string, Observation>
  beforeAll(async () => {
    seen = new Map((await observeThere()).map((observation) => [observation.name, observation]))
  })

  for (const { name } of lightCases) {
    const why = whyAccepted(name, runtime)
    test(why === undefined ? `as native ones: ${name}` : `unlike native ones: ${name} (${why})`, () => {
      const { native, light } = seen.get(name) as Observation
      if (why === undefined) expect(light).toBe(native)
      else expect(light).not.toBe(native)
    })
  }

  test('leave the native objects as they are', () => {
    for (const { name, native, nativeAfter } of seen.values()) expect([name, nativeAfter]).toEqual([name, native])
  })
})

test('no two cases have one name', () => {
  expect(new Set(lightCases.map(({ name }) => name)).size).toBe(lightCases.length)
})

test('each accepted difference shows in a case', () => {
  for (const { names } of acceptedDifferences) expect(lightCases.some(({ name }) => names.test(name))).toBe(true)
})
