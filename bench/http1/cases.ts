/** The benchmark cases: the requests, the check of their responses, and the run. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Server } from '../server.ts'
import { runScript } from '../wrk.ts'
import { type Expected, expectResponses } from './expect.ts'
import { browserGet, get, post, streamGet, varying, varyingGet } from './requests.ts'
import { chunkBytes, created, item, posted, streamChunks } from './responses.ts'
import type { Measurement } from './rounds.ts'

const run = promisify(execFile)
const script = fileURLToPath(new URL('send.lua', import.meta.url))
const uploader = fileURLToPath(new URL('upload.ts', import.meta.url))
const mebibyte = 1024 * 1024
const uploadBytes = 1024 * mebibyte
const pipelineDepth = 16

export interface RunOptions {
  server: Server
  /** The folder for the requests that it sends. */
  folder: string
  connections: number
  seconds: number
  core: number
}

export interface BenchmarkCase {
  name: string
  title: string
  unit: 'requests' | 'MiB'
  /** @throws Error on an unexpected response */
  check(run: RunOptions): Promise<void>
  run(run: RunOptions): Promise<Measurement>
}

const itemResponse: Expected = { status: 200, body: JSON.stringify(item) }
const createdResponse: Expected = { status: 201, body: JSON.stringify(created(posted.title)) }
const streamResponse: Expected = { status: 200, bodyBytesMin: chunkBytes * streamChunks }

export const cases: readonly BenchmarkCase[] = [
  wrkCase('get', 'GET, 110 bytes of JSON', get, itemResponse),
  wrkCase('post', 'POST of a small JSON', post, createdResponse),
  wrkCase('browser', 'GET with the 560 bytes of headers of a browser', browserGet, itemResponse),
  wrkCase('varying', 'The same, one header different in each request', varyingGet, itemResponse),
  wrkCase(
    'pipelined',
    `${pipelineDepth} pipelined GETs`,
    (host) => get(host).repeat(pipelineDepth),
    itemResponse,
    pipelineDepth,
  ),
  wrkCase('stream', 'GET, 1 MiB streamed in 16 chunks', streamGet, streamResponse),
  uploadCase('sink', 'POST of 1 GiB with its length, read to nowhere', []),
  uploadCase('sink-chunked', 'POST of 1 GiB in chunks, read to nowhere', ['chunked']),
]

function wrkCase(
  name: string,
  title: string,
  bytesFor: (host: string) => string,
  expected: Expected,
  responses = 1,
): BenchmarkCase {
  return {
    name,
    title,
    unit: 'requests',
    async check({ server }) {
      const { host, port } = new URL(server.origin)
      await expectResponses(Number(port), bytesFor(host), expected, responses)
    },
    async run({ server, folder, connections, seconds, core }) {
      const file = join(folder, `${name}.http`)
      const bytes = bytesFor(new URL(server.origin).host)
      writeFileSync(file, bytes)
      const args = bytes.includes(varying) ? [file, varying] : [file]
      const result = await runScript(script, args, { origin: server.origin, connections, seconds, core })
      if (result.requests === 0) throw new Error('Nothing was answered.')
      const { requests, requestsPerSecond, p50Ms, p99Ms } = result
      // Of a pipeline wrk knows no latencies that mean anything.
      return { amount: requests, perSecond: requestsPerSecond, ...(responses === 1 && { p50Ms, p99Ms }) }
    },
  }
}

function uploadCase(name: string, title: string, args: readonly string[]): BenchmarkCase {
  return {
    name,
    title,
    unit: 'MiB',
    async check(run) {
      await upload(run, chunkBytes * streamChunks, args)
    },
    async run(run) {
      const seconds = await upload(run, uploadBytes, args)
      const amount = uploadBytes / mebibyte
      return { amount, perSecond: amount / seconds }
    },
  }
}

async function upload({ server, core }: RunOptions, bytes: number, args: readonly string[]): Promise<number> {
  const { port } = new URL(server.origin)
  const client = [process.execPath, uploader, port, String(bytes), ...args]
  const { stdout } = await run('taskset', ['-c', String(core), ...client])
  return Number(stdout)
}
