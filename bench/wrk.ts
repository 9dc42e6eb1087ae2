/** One run of wrk against a server, and its results. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const script = fileURLToPath(new URL('wrk.lua', import.meta.url))
/** A response that takes longer than this is a failure; some peers are slow. */
const timeoutSeconds = 60

/** The requests: GETs of the paths in a file, at random, and a share of POSTs between them. */
export interface Load {
  getsFile: string
  postShare: number
  postPath: string
  postBody: string
  /** A header that every request has. */
  header?: readonly [string, string] | null
}

export interface WrkOptions {
  origin: string
  connections: number
  seconds: number
  core: number
}

export interface WrkResult {
  /** Zero when a server answered nothing in the whole time; its latencies are infinite then. */
  requests: number
  requestsPerSecond: number
  p50Ms: number
  p99Ms: number
}

/** The line that wrk.lua writes at the end. */
type Summary = Record<'requests' | 'microseconds' | 'failures' | 'refusals' | 'p50Us' | 'p99Us', number>

/** @throws Error when a connection failed, or a response was 400 or more: all that wrk counts */
export function runWrk(load: Load, options: WrkOptions): Promise<WrkResult> {
  return runScript(
    script,
    [load.getsFile, String(load.postShare), load.postPath, load.postBody, ...(load.header ?? [])],
    options,
  )
}

/** The same with another script that ends as wrk.lua does. */
export async function runScript(file: string, args: readonly string[], options: WrkOptions): Promise<WrkResult> {
  const { origin, connections, seconds, core } = options
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, `--timeout=${timeoutSeconds}s`, '--latency']
  const { stdout } = await run('taskset', ['-c', String(core), ...wrk, '-s', file, origin, '--', ...args])
  const line = /^RESULT (.*)$/m.exec(stdout)?.[1]
  if (!line) throw new Error(`wrk printed nothing:\n${stdout}`)
  const { requests, microseconds, failures, refusals, p50Us, p99Us } = JSON.parse(line) as Summary
  if (failures + refusals > 0)
    throw new Error(`${failures} requests failed, ${refusals} responses were 400 or more:\n${stdout}`)
  const latencyMs = (us: number) => (requests > 0 ? us / 1000 : Number.POSITIVE_INFINITY)
  return {
    requests,
    requestsPerSecond: requests / (microseconds / 1e6),
    p50Ms: latencyMs(p50Us),
    p99Ms: latencyMs(p99Us),
  }
}
