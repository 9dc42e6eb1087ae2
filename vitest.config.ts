import { defineConfig } from 'vitest/config'

/** Starting real processes on a busy machine takes a while; no test waits for a time, only for events. */
const patientMs = 300_000

function project(name: string, include: string[]) {
  return { test: { name, include, testTimeout: patientMs, hookTimeout: patientMs } }
}

export default defineConfig({
  test: {
    projects: [
      project('unit', [
        'test/*.test.ts',
        'test/{ports,request,database,http,limits,topics,collections,auth,connections,web,adapters,http1}/**/*.test.ts',
      ]),
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
    ],
  },
})
