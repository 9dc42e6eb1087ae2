import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type RunningProcess, startProcess } from '../harness/server.ts'

/** A server for one test, which can be killed and restarted at the same address with the same data. */
export async function startRestartable() {
  const dataDir = await mkdtemp(join(tmpdir(), 'galley-page-'))
  let running = await startProcess({ runtime: 'node', dataDir })
  const { url } = running
  onTestFinished(async () => {
    await running.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  const restart = async () => {
    running = await startProcess({ runtime: 'node', dataDir, env: { PORT: new URL(url).port } })
  }
  return { url, kill: () => running.stop(), restart }
}

/** One server for a test file. */
export function useServer(): { readonly url: string } {
  let running: RunningProcess
  beforeAll(async () => {
    running = await startProcess({ runtime: 'node' })
  })
  afterAll(() => running?.stop())
  return {
    get url() {
      return running.url
    },
  }
}
