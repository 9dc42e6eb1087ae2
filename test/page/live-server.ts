import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type ProcessOptions, type RunningProcess, startProcess } from '../harness/server.ts'

/** Starts the shipped server with a fast scrypt. */
export function startServer(options: Omit<ProcessOptions, 'runtime' | 'entry'> = {}): Promise<RunningProcess> {
  return startProcess({ runtime: 'node', entry: 'test/page/app.ts', ...options })
}

/** A server for one test, which can be killed and restarted at the same address with the same data. */
export async function startRestartable() {
  const dataDir = await mkdtemp(join(tmpdir(), 'galley-page-'))
  let running = await startServer({ dataDir })
  const { url } = running
  onTestFinished(async () => {
    await running.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  const restart = async () => {
    running = await startServer({ dataDir, env: { PORT: new URL(url).port } })
  }
  return { url, kill: () => running.stop(), restart }
}

/** One server for a test file. */
export function useServer(): { readonly url: string } {
  let running: RunningProcess
  beforeAll(async () => {
    running = await startServer()
  })
  afterAll(() => running?.stop())
  return {
    get url() {
      return running.url
    },
  }
}
