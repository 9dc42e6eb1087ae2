/** What every contender is asked to do, how its answer is checked, and how the work is run. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Server } from '../server.ts'
import { runScript } from '../wrk.ts'
import { chunkBytes, created, item, posted, streamChunks } from './answers.ts'
import { type Expected, expectAnswers } from './expect.ts'
import { browserGet, get, post, streamGet, varying, varyingGet } from './requests.ts'
import type { Yield } from './rounds.ts'

const run = promisify(execFile)
const script = fileURLToPath(new URL('send.lua', import.meta.url))
const uploader = fileURLToPath(new URL('upload.ts', import.meta.url))
const mebibyte = 1024 * 1024
const uploadBytes = 1024 * mebibyte
const pipelineDepth = 16

export interface Play {
  server: Server
  /** Where it may keep what it sends. */
  folder: string
  connections: number
  seconds: number
  core: number
}

export interface Work {
  name: string
  title: string
  unit: 'requests' | 'MiB'
  /** @throws Error when the answer is not what it must be */
  check(play: Play): Promise<void>
  run(play: Play): Promise<Yield>
}

const itemAnswer: Expected = { status: 200, body: JSON.stringify(item) }
const createdAnswer: Expected = { status: 201, body: JSON.stringify(created(posted.title)) }
const streamAnswer: Expected = { status: 200, bodyBytesMin: chunkBytes * streamChunks }

export const works: readonly Work[] = [
  wrkWork('get', 'GET, 110 bytes of JSON', get, itemAnswer),
  wrkWork('post', 'POST of a small JSON', post, createdAnswer),
  wrkWork('browser', 'GET with the 560 bytes of headers of a browser', browserGet, itemAnswer),
  wrkWork('varying', 'The same, one header different in each request', varyingGet, itemAnswer),
  wrkWork(
    'pipelined',
    `${pipelineDepth} pipelined GETs`,
    (host) => get(host).repeat(pipelineDepth),
    itemAnswer,
    pipelineDepth,
  ),
  wrkWork('stream', 'GET, 1 MiB streamed in 16 chunks', streamGet, streamAnswer),
  uploadWork('sink', 'POST of 1 GiB with its length, read to nowhere', []),
  uploadWork('sink-chunked', 'POST of 1 GiB in chunks, read to nowhere', ['chunked']),
]

function wrkWork(
  name: string,
  title: string,
  bytesFor: (host: string) => string,
  expected: Expected,
  answers = 1,
): Work {
  return {
    name,
    title,
    unit: 'requests',
    async check({ server }) {
      const { host, port } = new URL(server.origin)
      await expectAnswers(Number(port), bytesFor(host), expected, answers)
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
      return { amount: requests, perSecond: requestsPerSecond, ...(answers === 1 && { p50Ms, p99Ms }) }
    },
  }
}

function uploadWork(name: string, title: string, args: readonly string[]): Work {
  return {
    name,
    title,
    unit: 'MiB',
    async check(play) {
      await upload(play, chunkBytes * streamChunks, args)
    },
    async run(play) {
      const seconds = await upload(play, uploadBytes, args)
      const amount = uploadBytes / mebibyte
      return { amount, perSecond: amount / seconds }
    },
  }
}

async function upload({ server, core }: Play, bytes: number, args: readonly string[]): Promise<number> {
  const { port } = new URL(server.origin)
  const client = [process.execPath, uploader, port, String(bytes), ...args]
  const { stdout } = await run('taskset', ['-c', String(core), ...client])
  return Number(stdout)
}
