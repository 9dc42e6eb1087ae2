import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { isFullRun } from './test/harness/sample.ts'

/** Stops a test that hangs. No test waits for a time, only for events, and a busy machine delays these. */
const hangTimeoutMs = 300_000

/** Test files that take samples: `npm run test:long` runs these alone, with all of their cases. */
const sampledFiles = new Set(
  globSync('test/**/*.test.ts').filter((path) => readFileSync(path, 'utf8').includes('harness/sample.ts')),
)

/** A group of test files that `--project` selects by name. The files share a process unless they are isolated. */
function project(name: string, patterns: string[], { isolate = false } = {}) {
  const include = isFullRun ? globSync(patterns).filter((path) => sampledFiles.has(path)) : patterns
  return { test: { name, include, isolate, testTimeout: hangTimeoutMs, hookTimeout: hangTimeoutMs } }
}

const projects = [
  project('unit', [
    'test/*.test.ts',
    'test/{ports,request,database,http,limits,topics,collections,auth,jobs,webhooks,connections,migrations,transfer,web,app,adapters,testing}/**/*.test.ts',
  ]),
  // These replace global objects such as Response for good.
  project('http1', ['test/http1/**/*.test.ts'], { isolate: true }),
  project('contracts', ['test/contracts/*.test.ts']),
  project('conformance-node', ['test/conformance/node.test.ts']),
  project('conformance-node-engine', ['test/conformance/node-engine.test.ts']),
  project('conformance-deno-engine', ['test/conformance/deno-engine.test.ts']),
  project('conformance-deno', ['test/conformance/deno.test.ts']),
  project('conformance-bun', ['test/conformance/bun.test.ts']),
  project('conformance-workers', ['test/conformance/workers.test.ts']),
  project('process', ['test/process/*.test.ts']),
  project('faults', ['test/faults/*.test.ts']),
  project('page', ['test/page/*.test.ts']),
  project('transports', ['test/transports/*.test.ts']),
  project('clients', ['test/clients/*.test.ts']),
  project('chat', ['test/chat/*.test.ts']),
  project('access', ['test/access/*.test.ts']),
  project('attack', ['test/attack/*.test.ts']),
  project('recovery', ['test/recovery/*.test.ts']),
  project('package', ['test/package/*.test.ts']),
  project('docs', ['test/docs/*.test.ts']),
]

/** More than the cores of a small machine, because most tests wait for a process, a socket or a disk. */
const maxWorkers = 4

/** Starts first what waits longest in real time, so that it does not wait alone at the end. */
class LongestWaitFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of the sequencer
    const sorted = await super.sort(files)
    const waits = ({ moduleId }: TestSpecification) => moduleId.includes('/transports/heartbeats.')
    return [...sorted.filter(waits), ...sorted.filter((file) => !waits(file))]
  }
}

export default defineConfig({
  test: {
    globalSetup: 'test/harness/warm-up.ts',
    maxWorkers,
    sequence: { sequencer: LongestWaitFirst },
    projects: projects.filter((each) => each.test.include.length > 0),
  },
})
