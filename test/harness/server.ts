/** Starts servers and Workers as a person would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface RunningServer {
  url: string
  stop(): Promise<void>
}

export interface RunningProcess extends RunningServer {
  process: ChildProcess
  dataDir: string
  /** Its standard output and standard error so far. */
  output(): string
  /** Resolves with the exit code, or the signal's name. */
  exited: Promise<number | string>
}

export interface ProcessOptions {
  runtime: ProcessRuntime
  /** The entry file, relative to the repository. */
  entry?: string
  env?: Record<string, string>
  /** Arguments after the entry file. */
  args?: readonly string[]
  /** Pass it to continue with the data of an earlier run; else a new one, removed by `stop`. */
  dataDir?: string
}

const bin = (name: string) => join(root, 'node_modules/.bin', name)

/** The command line before the entry file. */
const commands = {
  node: [process.execPath],
  deno: [bin('deno'), 'run', '--no-prompt', '--allow-net', '--allow-read', '--allow-write', '--allow-env'],
  bun: [bin('bun')],
} as const

export type ProcessRuntime = keyof typeof commands

/** Spawns a server without waiting for it to listen. */
export function spawnServer(options: ProcessOptions & { dataDir: string }): ChildProcess {
  const { runtime, entry, env = {}, args = [], dataDir } = options
  const [command, ...before] = commands[runtime]
  return spawn(command, [...before, entry ?? `adapters/${runtime}.ts`, ...args], {
    cwd: root,
    env: { ...process.env, PORT: '0', DATA_DIR: dataDir, ...env },
  })
}

/** Spawns a server on a free port and waits until it listens. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'galley-')))
  const child = spawnServer({ ...options, dataDir })
  let output = ''
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += String(chunk)
        const url = /listens on (https?:\/\/\S+)/.exec(output)?.[1]
        if (url) resolve(url)
      })
    }
  })
  const early = exited.then((code): never => {
    throw new Error(`The server ended with ${code} before it listened:\n${output}`)
  })
  const url = await Promise.race([listening, early])
  early.catch(() => {})
  return {
    url,
    process: child,
    dataDir,
    output: () => output,
    exited,
    async stop() {
      child.kill('SIGKILL')
      await exited
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export interface RunningWorker extends RunningServer {
  /** Drops the memory of the Durable Object and keeps its storage and its WebSockets, as hibernation does. */
  hibernate(): Promise<void>
  /** Calls the handler `scheduled`, as a cron trigger does. */
  scheduled(cron: string): Promise<void>
}

/** Starts workerd with a Worker as `wrangler dev` would. */
export async function startWorker(configPath = 'wrangler.toml'): Promise<RunningWorker> {
  // It takes a second to load, and most test files start no Worker.
  const { createTestHarness } = await import('wrangler')
  const harness = createTestHarness({ root, workers: [{ configPath }] })
  const { url } = await harness.listen()
  return {
    url: url.origin,
    stop: () => harness.close(),
    hibernate: () => harness.getWorker().evictDurableObject('GALLEY', { name: 'main', webSockets: 'hibernate' }),
    scheduled: async (cron) => {
      const { outcome } = await harness.getWorker().scheduled({ cron })
      if (outcome !== 'ok') throw new Error(`The handler of ${cron} ended with ${outcome}.`)
    },
  }
}
