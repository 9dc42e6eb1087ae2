import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, onTestFinished } from 'vitest'
import { type ProcessOptions, type RunningProcess, spawnServer, startProcess } from '../harness/server.ts'

/** Starts servers that are stopped at the end of the test file. */
export function servers(): (options: ProcessOptions) => Promise<RunningProcess> {
  const started: RunningProcess[] = []
  afterAll(() => Promise.all(started.map((server) => server.stop())))
  return async (options) => {
    const server = await startProcess(options)
    started.push(server)
    return server
  }
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a server that is expected to end by itself. */
export async function runToEnd(options: ProcessOptions & { dataDir: string }): Promise<Ended> {
  const child = spawnServer(options)
  if (!child.stdout || !child.stderr) throw new Error('The server was spawned without pipes.')
  onTestFinished(() => void child.kill('SIGKILL'))
  // One that listens after all would never end.
  child.stdout.on('data', (chunk) => String(chunk).includes('listens on') && child.kill('SIGKILL'))
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return { code: code as number | null, stdout, stderr }
}

/** Stops a server as an operator does, and returns its exit code. */
export async function terminate(server: RunningProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
  server.process.kill(signal)
  return server.exited
}

/** Creates a todo. */
export async function createTodo(url: string, title: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/api/todos`, { method: 'POST', body: JSON.stringify({ title }) })
  const { data } = (await response.json()) as { data: Record<string, unknown> }
  return data
}

export async function titlesOf(url: string): Promise<string[]> {
  const response = await fetch(`${url}/api/todos`)
  const { data } = (await response.json()) as { data: { title: string }[] }
  return data.map(({ title }) => title)
}
