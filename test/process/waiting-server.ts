import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll } from 'vitest'
import { type ProcessOptions, spawnServer } from '../harness/server.ts'

/** A server that was started for a data directory which may be in use. */
export interface WaitingServer {
  process: ChildProcess
  url: string
  /** Resolves once it has printed that. @throws when it ends before */
  printed(pattern: RegExp): Promise<void>
  /** Standard error so far. */
  errors(): string
  exited: Promise<number | string>
}

interface WaitingServerOptions extends ProcessOptions {
  dataDir: string
  port: number
  waitSeconds: number
}

export const waits = /^Galley waits for /m
export const listens = /^Galley listens on /m

/** Starts servers that wait for their data; none outlives the test file. Call it at the top level. */
export function waitingServers(): (options: WaitingServerOptions) => WaitingServer {
  const started: WaitingServer[] = []
  afterAll(() =>
    Promise.all(
      started.map(({ process, exited }) => {
        process.kill('SIGKILL')
        return exited
      }),
    ),
  )
  return (options) => {
    const server = start(options)
    started.push(server)
    return server
  }
}

function start({ port, waitSeconds, env, ...options }: WaitingServerOptions): WaitingServer {
  const child = spawnServer({ ...options, env: { ...env, PORT: String(port), DATA_DIR_WAIT: String(waitSeconds) } })
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  let errors = ''
  child.stdout?.resume()
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk)
  })
  return {
    process: child,
    url: `http://127.0.0.1:${port}`,
    exited,
    errors: () => errors,
    async printed(pattern) {
      while (!pattern.test(errors)) {
        const ended = exited.then((code) => Promise.reject(new Error(`It ended with ${code}:\n${errors}`)))
        ended.catch(() => {})
        if (child.stderr) await Promise.race([once(child.stderr, 'data'), ended])
      }
    },
  }
}
